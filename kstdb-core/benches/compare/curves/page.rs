//! The page of curves: an SVG document with a chart for each.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::Curve;
use crate::row::Peer;

const COLUMNS: usize = 2;
const CHART: (u32, u32) = (460, 320);
/// Below a chart: what bounds it.
const NOTE: u32 = 24;
const PEERS: [(Peer, &str, RGBColor); 3] = [
    (Peer::Kstdb, "kstdb", RGBColor(31, 136, 61)),
    (Peer::Sqlx, "sqlx", RGBColor(130, 80, 223)),
    (
        Peer::Rusqlite,
        "rusqlite, one thread",
        RGBColor(9, 105, 218),
    ),
];

impl Curve {
    /// Draws all curves, side by side, above a caption; both axes are logarithmic.
    pub(crate) fn page(curves: &[Self], caption: &str) -> anyhow::Result<String> {
        let lines = curves.len().div_ceil(COLUMNS);
        let height = CHART.1 * u32::try_from(lines)?;
        let size = (CHART.0 * u32::try_from(COLUMNS)?, height + NOTE);
        let mut svg = String::new();
        {
            let page = SVGBackend::with_string(&mut svg, size).into_drawing_area();
            page.fill(&WHITE)?;
            let (page, below) = page.split_vertically(height);
            let style = ("sans-serif", 11).into_text_style(&below);
            below.draw_text(caption, &style, (12, 2))?;
            for (area, curve) in page.split_evenly((lines, COLUMNS)).iter().zip(curves) {
                curve.draw(area)?;
            }
            below.present()?;
        }
        Ok(svg)
    }

    fn draw<'page, B>(&self, area: &DrawingArea<B, Shift>) -> anyhow::Result<()>
    where
        B: DrawingBackend + 'page,
        B::ErrorType: 'static,
    {
        let (chart, note) = area.split_vertically(CHART.1 - NOTE);
        let limit = format!("Limited by {}.", self.limited_by);
        note.draw_text(&limit, &("sans-serif", 11).into_text_style(&note), (12, 2))?;
        let all = PEERS.iter().flat_map(|(peer, ..)| self.of(*peer));
        let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
        for (_, figure) in all {
            (least, most) = (least.min(figure), most.max(figure));
        }
        let place = |index: usize| self.points.get(index).map_or(1, |(place, _)| *place);
        let (first, last) = (place(0), place(self.points.len().saturating_sub(1)));
        let title = format!("{} ({})", self.title, self.unit.name());
        let mut chart = ChartBuilder::on(&chart)
            .caption(title, ("sans-serif", 15))
            .margin(12)
            .x_label_area_size(42)
            .y_label_area_size(62)
            .build_cartesian_2d(
                (f64::from(first)..f64::from(last)).log_scale(),
                (least * 0.7..most * 1.6).log_scale(),
            )?;
        chart
            .configure_mesh()
            .x_desc(self.along)
            .y_labels(6)
            .x_label_formatter(&|place| short(*place))
            .y_label_formatter(&|figure| short(*figure))
            .light_line_style(TRANSPARENT)
            .draw()?;
        for (peer, name, colour) in PEERS {
            let points = self.of(peer).into_iter();
            let points = points.map(|(place, figure)| (f64::from(place), figure));
            chart
                .draw_series(LineSeries::new(points, colour.stroke_width(2)).point_size(3))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .background_style(WHITE.mix(0.8))
            .draw()?;
        Ok(())
    }
}

fn short(figure: f64) -> String {
    match figure {
        0.0..1_000.0 => format!("{figure:.0}"),
        1_000.0..1_000_000.0 => format!("{:.0} k", figure / 1e3),
        _ => format!("{:.0} M", figure / 1e6),
    }
}
