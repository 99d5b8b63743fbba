//! Where everything stands.

use super::Drawing;
use super::canvas::{Area, Canvas, LINE, Look, Stroke};
use liitos_domain::directory::{LinkRole, Network};
use liitos_domain::plan::{Plan, PlannedLink, PlannedPoint, Whose};
use liitos_domain::service_code::Service;

const MARGIN: f64 = 16.0;
const GAP: f64 = 18.0;
const SYSTEM: f64 = 270.0;
const POINT: f64 = 360.0;
const BETWEEN: f64 = 56.0;
const POINTS_X: f64 = MARGIN * 2.0 + SYSTEM + BETWEEN;
const LINKS: f64 = 270.0;
const SHARED: f64 = 230.0;
const KANTA: f64 = 290.0;
/// Room of one link's line with its words.
const LINK: f64 = 54.0;

/// A system with the services that it is used for.
struct System {
    number: String,
    area: Area,
    changed: bool,
    lines: Vec<String>,
}

/// Where everything stands.
struct Scene<'d> {
    /// The joiner's own realm.
    frame: Area,
    systems: Vec<System>,
    /// Access points, own ones first.
    points: Vec<(&'d PlannedPoint, Area)>,
    /// The realms of others' access points.
    others: Vec<(&'d PlannedPoint, Area)>,
    bottom: f64,
}

/// Draws a connection below `top`, and gives where it ends.
pub(super) fn draw(drawing: &Drawing<'_>, canvas: &mut Canvas, top: f64) -> f64 {
    let plan = drawing.plan;
    let top = top + MARGIN;
    let scene = Scene::of(drawing, top);
    canvas.area(scene.frame, Look::Frame, &joiner(drawing));
    for (point, around) in &scene.others {
        let whose =
            if plan.whose(&point.oid) == Whose::Intermediary { "draw-intermediary" } else { "draw-other-joiner" };
        let name = drawing.name(point.administrator.as_ref().unwrap_or(&point.oid.administrator()));
        canvas.area(*around, Look::Frame, &[drawing.language.text_with(whose, &[("name", &name)])]);
    }
    scene.draw_systems(drawing, canvas);
    let points_end = POINTS_X + POINT + MARGIN;
    let shared_room = if plan.collection_point.is_some() { BETWEEN + SHARED } else { 0.0 };
    let kanta_x = points_end + shared_room + LINKS;
    if let Some(shared) = &plan.collection_point {
        let tall = (scene.bottom - top).max(LINK * count(&shared.links));
        let area = Area { x: points_end + BETWEEN, y: top, width: SHARED, height: tall };
        for (_, point) in scene.points.iter().filter(|(point, _)| plan.collected(point)) {
            canvas.line((point.right(), point.middle()), (area.x, point.middle()), Stroke::Inside, &[]);
        }
        let place = shared.country.clone().unwrap_or_default();
        canvas.area(area, Look::Thing, &[drawing.text("draw-collection-point"), place]);
        links(drawing, canvas, &shared.links, (area, kanta_x), |other| {
            other.collection_point.as_ref().map_or(&[], |shared| shared.links.as_slice())
        });
    }
    scene.draw_points(drawing, canvas, kanta_x);
    let services = kanta(drawing);
    let tall = (scene.bottom - top).max(height(services.len()));
    let area = Area { x: kanta_x, y: top, width: KANTA, height: tall };
    canvas.area(area, Look::Kanta, &services);
    area.bottom()
}

impl<'d> Scene<'d> {
    fn of(drawing: &Drawing<'d>, top: f64) -> Self {
        let plan = drawing.plan;
        let inside = top + 34.0 + LINE;
        let (mut systems, mut y) = (Vec::new(), inside);
        for number in drawing.systems() {
            let lines = system_lines(drawing, &number);
            let area = Area { x: MARGIN * 2.0, y, width: SYSTEM, height: height(lines.len()) };
            let uses = |plan: &Plan| plan.services.iter().any(|s| s.system.as_deref().unwrap_or_default() == number);
            systems.push(System { changed: drawing.only_here(uses), number, area, lines });
            y = area.bottom() + GAP;
        }
        let (own, foreign): (Vec<&PlannedPoint>, Vec<&PlannedPoint>) =
            plan.access_points.iter().partition(|point| plan.whose(&point.oid) == Whose::Own);
        // Own access points stand in the joiner's frame, others' below it.
        let (mut points, mut own_y) = (Vec::new(), inside);
        for point in &own {
            let area = point_area(drawing, point, own_y);
            own_y = area.bottom() + GAP;
            points.push((*point, area));
        }
        let width = if own.is_empty() { SYSTEM + MARGIN * 2.0 } else { POINTS_X + POINT };
        let frame = Area { x: MARGIN, y: top, width, height: y.max(own_y) - top };
        let mut other_y = if own.is_empty() { top } else { frame.bottom() + GAP };
        let mut others = Vec::new();
        for point in foreign {
            let area = point_area(drawing, point, other_y + 34.0);
            let tall = area.bottom() + MARGIN - other_y;
            let around = Area { x: POINTS_X - MARGIN, y: other_y, width: POINT + MARGIN * 2.0, height: tall };
            other_y = around.bottom() + GAP;
            others.push((point, around));
            points.push((point, area));
        }
        let bottom = frame.bottom().max(other_y - GAP);
        Self { frame, systems, points, others, bottom }
    }

    /// The systems, and the ways from them to the access points that they use.
    fn draw_systems(&self, drawing: &Drawing<'_>, canvas: &mut Canvas) {
        for system in &self.systems {
            for (point, area) in &self.points {
                let mut through = drawing.plan.services_through(&point.oid);
                if through.any(|service| service.system.as_deref().unwrap_or_default() == system.number) {
                    let (from, to) = ((system.area.right(), system.area.middle()), (area.x, area.middle()));
                    canvas.line(from, to, Stroke::Inside, &[]);
                }
            }
        }
        for system in &self.systems {
            canvas.area(system.area, if system.changed { Look::Changed } else { Look::Thing }, &system.lines);
        }
    }

    /// The access points with their links.
    fn draw_points(&self, drawing: &Drawing<'_>, canvas: &mut Canvas, kanta_x: f64) {
        for (point, area) in &self.points {
            links(drawing, canvas, &point.links, (*area, kanta_x), |other| {
                let same = other.access_points.iter().find(|known| known.oid == point.oid);
                same.map_or(&[], |point| point.links.as_slice())
            });
            if point.links.is_empty() && !drawing.plan.collected(point) {
                // The administrator's links are not told here, but the way leads on.
                let (from, to) = ((area.right(), area.middle()), (kanta_x, area.middle()));
                canvas.line(from, to, Stroke::Inside, &[drawing.text("draw-links-unknown")]);
            }
            let look = if new_point(drawing, point) { Look::Changed } else { Look::Thing };
            canvas.area(*area, look, &point_lines(drawing, point));
        }
    }
}

fn system_lines(drawing: &Drawing<'_>, number: &str) -> Vec<String> {
    let name = if number.is_empty() {
        drawing.text("draw-system-unknown")
    } else {
        drawing.language.text_with("draw-system", &[("number", number)])
    };
    let used = drawing.plan.services.iter().filter(|service| service.system.as_deref().unwrap_or_default() == number);
    let services = used.map(|service| drawing.text(&format!("service-{}", service.code)));
    std::iter::once(name).chain(services).collect()
}

/// Whether an access point is there at this time only.
fn new_point(drawing: &Drawing<'_>, point: &PlannedPoint) -> bool {
    drawing.only_here(|other| other.access_points.iter().any(|known| known.oid == point.oid))
}

#[expect(clippy::cast_precision_loss, reason = "a handful of lines")]
fn height(lines: usize) -> f64 {
    16.0 + LINE * lines as f64
}

#[expect(clippy::cast_precision_loss, reason = "a handful of links")]
fn count(links: &[PlannedLink]) -> f64 {
    links.len() as f64
}

fn joiner(drawing: &Drawing<'_>) -> Vec<String> {
    let plan = drawing.plan;
    let mut lines = vec![drawing.name(&plan.joiner)];
    if !plan.tenants.is_empty() {
        let tenants: Vec<String> = plan.tenants.iter().map(|tenant| drawing.name(&tenant.oid)).collect();
        lines.push(drawing.language.text_with("draw-tenants", &[("names", &tenants.join(", "))]));
    } else if plan.organiser.is_some() {
        let organiser = plan.organiser.as_ref().map(|oid| drawing.name(oid)).unwrap_or_default();
        lines.push(drawing.language.text_with("draw-organiser", &[("name", &organiser)]));
    }
    lines
}

fn point_area(drawing: &Drawing<'_>, point: &PlannedPoint, y: f64) -> Area {
    let lines = point_lines(drawing, point).len();
    Area { x: POINTS_X, y, width: POINT, height: height(lines).max(LINK * count(&point.links)) }
}

fn point_lines(drawing: &Drawing<'_>, point: &PlannedPoint) -> Vec<String> {
    let mut lines = vec![drawing.text("draw-access-point"), point.oid.to_string()];
    let system = point.system.as_deref().map(|number| drawing.language.text_with("draw-system", &[("number", number)]));
    let place: Vec<String> = system.into_iter().chain(point.country.clone()).collect();
    if !place.is_empty() {
        lines.push(place.join(" · "));
    }
    let through = drawing.plan.services_through(&point.oid);
    let through = through.filter(|service| service.code != Service::RenewalReception || service.units.is_empty());
    lines.extend(through.map(|service| drawing.text(&format!("service-{}", service.code))));
    let renewal = drawing.plan.services_through(&point.oid).filter(|s| s.code == Service::RenewalReception);
    for unit in renewal.flat_map(|service| &service.units) {
        lines.push(drawing.language.text_with("draw-renewal", &[("unit", &drawing.name(unit))]));
    }
    if new_point(drawing, point) {
        lines.push(drawing.text("draw-changed"));
    }
    lines
}

/// The links of an area to Kanta, one below another.
fn links(
    drawing: &Drawing<'_>,
    canvas: &mut Canvas,
    links: &[PlannedLink],
    (from, kanta_x): (Area, f64),
    there: impl Fn(&Plan) -> &[PlannedLink],
) {
    let room = from.height / count(links).max(1.0);
    for (n, link) in (0..).zip(links) {
        let y = from.y + room * (f64::from(n) + 0.5);
        let stroke = Stroke::Link { public: link.network == Network::Public, backup: link.role == LinkRole::Backup };
        let mut words = vec![kind(drawing, link), detail(drawing, link)];
        let same = |known: &PlannedLink| {
            known.network == link.network && known.role == link.role && known.addresses == link.addresses
        };
        if drawing.only_here(|other| there(other).iter().any(same)) {
            words.push(drawing.text("draw-changed"));
        }
        words.retain(|line| !line.is_empty());
        canvas.line((from.right(), y), (kanta_x, y), stroke, &words);
    }
}

/// "Private, primary".
pub(super) fn kind(drawing: &Drawing<'_>, link: &PlannedLink) -> String {
    let (network, role) = (format!("network-{}", link.network), format!("link-role-{}", link.role));
    format!("{}, {}", drawing.text(&network), drawing.text(&role))
}

/// "50/50 Mbit/s · A B C".
pub(super) fn detail(drawing: &Drawing<'_>, link: &PlannedLink) -> String {
    let speed = match (link.up, link.down) {
        (Some(up), Some(down)) => Some(format!("{up}/{down} Mbit/s")),
        _ => None,
    };
    let halls = link.halls.as_ref().map(|halls| {
        let names: Vec<&str> = halls.iter().map(|hall| hall.code()).collect();
        drawing.language.text_with("draw-halls", &[("halls", &names.join(" "))])
    });
    speed.into_iter().chain(halls).collect::<Vec<_>>().join(" · ")
}

fn kanta(drawing: &Drawing<'_>) -> Vec<String> {
    let mut lines = vec![drawing.text("draw-kanta")];
    let mut seen = Vec::new();
    for service in &drawing.plan.services {
        if !seen.contains(&service.code) {
            seen.push(service.code);
            let new = drawing.only_here(|other| other.uses(service.code));
            let name = drawing.text(&format!("service-{}", service.code));
            lines.push(if new { format!("{}: {name}", drawing.text("draw-changed")) } else { name });
        }
    }
    lines
}
