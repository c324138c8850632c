//! Looks, plans and applies until nothing is left to do, in one cloud or in several.

pub(crate) mod afterwards;
pub(crate) mod apply;
pub(crate) mod delete;
pub(crate) mod fleet;
pub(crate) mod guard;
pub(crate) mod look;
pub(crate) mod others;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod share;
