//! Every curve along rows, in the order of the page: the reads of a table come before its writes,
//! which leave nothing in a cache that another connection can use.

use std::path::Path;

use super::Peers;
use super::one_task::OneTask;
use super::sixteen_tasks::SixteenTasks;
use super::whole::Whole;
use crate::curves::Curve;
use crate::scale::Scale;

pub(in crate::curves) async fn measure(dir: &Path, scale: &Scale) -> anyhow::Result<Vec<Curve>> {
    let (mut one, mut whole, mut sixteen) = (OneTask::new(), Whole::new(), SixteenTasks::new());
    for rows in scale.curve_rows {
        let mut peers = Peers::open(dir, rows).await?;
        one.read(&mut peers, scale).await?;
        whole.read(&mut peers, scale).await?;
        one.add(&mut peers, scale).await?;
        sixteen.write(&mut peers, scale).await?;
        peers.close().await?;
    }
    let curves = one.curves.into_iter();
    Ok(curves.chain(whole.curves).chain(sixteen.curves).collect())
}
