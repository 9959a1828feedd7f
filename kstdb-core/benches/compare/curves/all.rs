//! Every curve, in the order of the page.

use std::path::Path;

use super::{Curve, by_cache, by_page, by_rows, by_tasks, by_values};
use crate::scale::Scale;

/// Measures every curve.
pub(crate) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Vec<Curve>> {
    let mut curves = by_tasks::measure(dir, scale).await?;
    curves.extend(by_rows::measure(dir, scale).await?);
    curves.extend(by_values::measure(dir, scale).await?);
    curves.extend(by_page::measure(dir, scale).await?);
    curves.push(by_cache::measure(dir, scale).await?);
    Ok(curves)
}
