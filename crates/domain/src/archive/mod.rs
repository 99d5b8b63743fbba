//! The archive's own rules: which documents move together, whose they are at a time, and what may follow what.
//!
//! A document names its *controller*, for ever. Which controller it belongs to now, the *active* one, follows from the runs that have been
//! switched since (`domain.md` section 10), and from nothing that is kept with the document: so a run is one entry, whatever the number of documents.

mod cell;
mod custodian;
mod disclosure;
mod let_in;
mod matter;
mod order_form;
mod reached;
mod retention;
mod run;
mod run_report;
mod search;
mod succession;
mod summary;
mod used;
mod version;

pub use cell::{Cell, Family, Month, Register, Scope};
pub use custodian::custodian;
pub use disclosure::{
    Declared, PermissionForm, Purpose, Wills, Withheld, is_of_wills, keeps_wills, permission_form, wills_kept,
};
pub use let_in::{Asked, LetIn, Terms};
pub use matter::judge_matter;
pub use order_form::{FIELDS, OrderWrong, read_order};
pub use reached::{Followed, Follower, Maker, Reached};
pub use retention::{Keeping, Retention, over_at};
pub use run::{
    Apart, MAX_APART_SECONDS, Moving, Order, OrderFacts, RunKind, RunProblem, RunStage, RunState, is_professional,
    judge_order,
};
pub use run_report::{Completeness, Counting, Ids};
pub use search::{Criteria, MAX_PAGE, PAGE, Place, Search};
pub use succession::{Held, Move, Succession, connected};
pub use summary::{Group, Span, Summarised, Summary, SummedMatter};
pub use used::{Act, Ground, Seal, SealHead, Use};
pub use version::{Known, Standing, judge_version};
