//! The chart: how many times faster than sqlx each peer is, on a scale of powers of two.

use std::fmt::Write as _;

use super::Report;
use crate::row::{Peer, Row, Unit};

const WIDTH: f64 = 760.0;
/// Where the bars begin, after the names of the rows.
const LEFT: f64 = 150.0;
/// What is left free for the figure behind a bar.
const RIGHT: f64 = 110.0;
const TOP: f64 = 62.0;
const BAR: f64 = 11.0;
const BETWEEN_ROWS: f64 = 14.0;
/// Where the caption is.
const BELOW: f64 = 20.0;

/// A chart as wide as a README, readable on light and dark ground.
const STYLE: &str = "text{font:12px sans-serif;fill:#57606a}.t{font-size:15px;font-weight:600}.c{font-size:10px}\
    .l{stroke:#8c959f;stroke-opacity:.35}.g{stroke:#cf222e;stroke-width:2}\
    @media(prefers-color-scheme:dark){text{fill:#adbac7}}";

impl Report {
    /// An SVG document of its own: no script, no font, no link.
    pub(crate) fn chart(&self) -> String {
        let peers = self.peers();
        let scale = Scale::of(&self.rows, &peers);
        let mut bars = String::new();
        let mut y = TOP;
        // Without sqlx there is nothing that a bar could be a multiple of.
        let rows = self.rows.iter();
        for row in rows.filter(|row| row.figure(Peer::Sqlx).is_some()) {
            y = draw_row(&mut bars, row, &peers, &scale, y) + BETWEEN_ROWS;
        }
        let (end, height) = (y, y + BELOW);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\">\n<title>Speed beside sqlx</title>\n\
             <style>{STYLE}</style>\n\
             <text x=\"8\" y=\"20\" class=\"t\">Times the speed of sqlx (red: the goal)</text>\n"
        );
        let mut x = LEFT;
        for (peer, name) in &peers {
            let colour = colour(*peer);
            let text = x + 15.0;
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"30\" width=\"11\" height=\"11\" fill=\"{colour}\"/>\
                 <text x=\"{text}\" y=\"40\">{name}</text>"
            );
            x += 95.0;
        }
        for (power, label) in scale.marks() {
            let x = scale.x(power);
            let _ = writeln!(
                svg,
                "<line class=\"l\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{end:.0}\"/>\
                 <text x=\"{x:.1}\" y=\"57\" text-anchor=\"middle\">{label}</text>"
            );
        }
        let _ = writeln!(
            bars,
            "<text class=\"c\" x=\"8\" y=\"{:.0}\">{}</text>",
            end + 12.0,
            self.about.caption()
        );
        svg + &bars + "</svg>\n"
    }
}

/// Where a ratio lies.
struct Scale {
    least: i32,
    most: i32,
}

impl Scale {
    fn of(rows: &[Row], peers: &[(Peer, &str)]) -> Self {
        let ratios = rows
            .iter()
            .flat_map(|row| peers.iter().filter_map(|(peer, _)| to_sqlx(row, *peer)));
        let (mut least, mut most) = (-1, 1);
        for ratio in ratios.filter(|ratio| ratio.is_normal()) {
            while 2f64.powi(least) > ratio && least > -12 {
                least -= 1;
            }
            while 2f64.powi(most) < ratio && most < 12 {
                most += 1;
            }
        }
        Self { least, most }
    }

    fn x(&self, ratio: f64) -> f64 {
        let (least, most) = (f64::from(self.least), f64::from(self.most));
        let share = (ratio.log2() - least) / (most - least);
        LEFT + share.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    fn marks(&self) -> impl Iterator<Item = (f64, String)> {
        (self.least..=self.most).map(|power| {
            let ratio = 2f64.powi(power);
            let label = match power {
                0.. => format!("{ratio}x"),
                _ => format!("1/{}", 2f64.powi(-power)),
            };
            (ratio, label)
        })
    }
}

fn draw_row(svg: &mut String, row: &Row, peers: &[(Peer, &str)], scale: &Scale, top: f64) -> f64 {
    let mut y = top;
    let origin = scale.x(1.0);
    for (peer, _) in peers.iter().filter(|(peer, _)| *peer != Peer::Sqlx) {
        let (Some(ratio), Some(figure)) = (to_sqlx(row, *peer), row.figure(*peer)) else {
            continue;
        };
        let end = scale.x(ratio);
        let (left, width) = (origin.min(end), (end - origin).abs().max(1.0));
        let (text, base, colour) = (origin.max(end) + 5.0, y + 10.0, colour(*peer));
        let label = label(figure, row.unit);
        let _ = writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{BAR}\" \
             fill=\"{colour}\"/><text x=\"{text:.1}\" y=\"{base:.1}\">{label}</text>"
        );
        y += BAR + 2.0;
    }
    if let Some(goal) = row.goal.sqlx {
        let x = scale.x(goal);
        let _ = writeln!(
            svg,
            "<line class=\"g\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top:.1}\" y2=\"{y:.1}\"/>"
        );
    }
    let middle = top.midpoint(y) + 4.0;
    let _ = writeln!(svg, "<text x=\"8\" y=\"{middle:.1}\">{}</text>", row.id);
    y
}

/// How many times faster than sqlx a peer is, from the medians.
fn to_sqlx(row: &Row, peer: Peer) -> Option<f64> {
    let (figure, sqlx) = (row.figure(peer)?, row.figure(Peer::Sqlx)?);
    Some(match row.unit {
        Unit::Milliseconds => sqlx / figure,
        _ => figure / sqlx,
    })
}

fn label(figure: f64, unit: Unit) -> String {
    let unit = unit.name();
    match figure {
        0.0..1_000.0 => format!("{figure:.0} {unit}"),
        1_000.0..1_000_000.0 => format!("{:.0} k {unit}", figure / 1e3),
        _ => format!("{:.1} M {unit}", figure / 1e6),
    }
}

fn colour(peer: Peer) -> &'static str {
    match peer {
        Peer::Kstdb => "#1f883d",
        Peer::Sqlx => "#8250df",
        Peer::Rusqlite => "#0969da",
        Peer::Limit => "#6e7781",
        Peer::Kstlib => "#bf8700",
    }
}
