//! The rows of the directory that a notification meets, found without reading all of it.

use crate::directory::with_branches;
use crate::{App, ServiceError};
use liitos_domain::Oid;
use liitos_domain::directory::Rows;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::notification::Content;
use liitos_store::directory::{self, About};
use std::collections::BTreeSet;

/// Most access points of one owner.
const POINTS: u64 = 10_000;

/// Whose rights and access points are a joiner's: its own, a pharmacist's branches' too; with the rows that a notification of theirs meets: theirs, those of the
/// access points that they use, administer or name, and of whoever uses these.
pub(super) async fn met(app: &App, joiner: &Oid, content: &Content) -> Result<(Vec<Oid>, Rows), ServiceError> {
    let db = app.store.read();
    let own = with_branches(app, joiner).await?;
    let mut points: BTreeSet<AccessPointOid> = content.points().into_iter().cloned().collect();
    // Those behind a collection point of theirs, too: one that it collects no more is told of. Collection points are few, and read whole.
    // And an access point that ends leaves those beside which it is collected.
    let collects = matches!(content, Content::Collection { .. } | Content::RetireCollection { .. });
    if collects || matches!(content, Content::RetirePoint { .. } | Content::Termination { .. }) {
        let collecting = directory::about(db, &About::default()).await?.collection_points.into_iter();
        points.extend(collecting.filter(|row| own.contains(&row.administrator)).flat_map(|row| row.access_points));
    }
    for oid in &own {
        points.extend(directory::rights_of(db, oid).await?.into_iter().map(|right| right.access_point));
        points.extend(directory::points_below(db, oid.as_str(), POINTS).await?.into_iter().map(|point| point.oid));
    }
    let mut joiners: BTreeSet<Oid> = directory::joiners_through(db, &points).await?.into_iter().collect();
    joiners.extend(own.iter().cloned());
    let receiving = content.units().into_iter().cloned().collect();
    Ok((own, directory::about(db, &About { joiners, points, receiving }).await?))
}
