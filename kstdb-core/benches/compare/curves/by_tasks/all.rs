//! Every curve along tasks, in the order of the page.

use std::path::Path;

use super::{large, mixed, small};
use crate::curves::Curve;
use crate::scale::Scale;

pub(in crate::curves) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Vec<Curve>> {
    Ok(vec![
        small::reads(dir, scale).await?,
        small::writes(dir, scale).await?,
        small::transactions(dir, scale).await?,
        large::fetches(dir, scale).await?,
        large::streams(dir, scale).await?,
        large::inserts(dir, scale).await?,
        mixed::reads(dir, scale).await?,
    ])
}
