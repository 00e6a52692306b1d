//! Charts: a series becomes SVG. Horizontal positions are percentages and heights are pixels, without a view box, so that
//! texts and gaps never scale (DESIGN); colours come from the style sheet, by `data-series`.
//!
//! charts-rs scales and stacks the bars. Its own document is of no use here, because its colours are baked in and its
//! positions are pixels: only its bars are taken over.

use charts_rs::{BarChart, Box as Margin, Series as ChartSeries};

/// Height of the plot, pixels.
pub const HEIGHT: i64 = 162;
/// Intervals between the hairlines.
pub const STEPS: i64 = 3;
/// Width of a column in charts-rs's pixels: with its fixed margins of 5 pixels a bar takes 60 % of it.
const PITCH: f32 = 25.0;
/// Between touching bars, pixels.
const GAP: i64 = 2;

/// One of the quantities that are stacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Value of `data-series`, by which the style sheet colours it.
    pub name: &'static str,
    /// One for each column.
    pub values: Vec<i64>,
}

/// The least round number that fits `most`, and divides into [`STEPS`] round steps.
pub fn round_top(most: i64) -> i64 {
    const SMALL: [i64; 7] = [1, 2, 3, 4, 5, 6, 8];
    const ROUND: [i64; 9] = [10, 15, 20, 25, 30, 40, 50, 60, 80];
    let tens = std::iter::successors(Some(1_i64), |ten| ten.checked_mul(10));
    let large = tens.flat_map(|ten| ROUND.map(|step| ten.saturating_mul(step)));
    let mut tops = SMALL.into_iter().chain(large).map(|step| step.saturating_mul(STEPS));
    tops.find(|top| *top >= most).unwrap_or(i64::MAX)
}

/// The bars of `series`, stacked from the first one up, as `<rect>`s of a plot with `columns` columns, at least as many
/// as there are values, and [`HEIGHT`] pixels for `top`.
///
/// # Errors
/// charts-rs could not draw them.
pub fn stacked_bars(series: &[Series], columns: usize, top: i64) -> Result<String, charts_rs::Error> {
    let drawn = chart(series, columns, top).svg()?;
    let width = PITCH * columns as f32;
    Ok(drawn.split("<rect ").skip(1).filter_map(|rect| bar(rect.split("/>").next()?, width)).collect())
}

/// The bars and nothing else: no title, legend, axes, grid or margins.
fn chart(series: &[Series], columns: usize, top: i64) -> BarChart {
    let stacked = series.iter().map(|series| {
        let mut values: Vec<f32> = series.values.iter().map(|value| *value as f32).collect();
        values.resize(columns, 0.0);
        ChartSeries { stack: Some(String::new()), ..(series.name, values).into() }
    });
    let mut chart = BarChart::new(stacked.collect(), vec![String::new(); columns]);
    chart.width = PITCH * columns as f32;
    chart.height = HEIGHT as f32;
    chart.margin = Margin::default();
    chart.title.text = String::new();
    chart.legend.show = Some(false);
    chart.x_axis.hidden = true;
    chart.y_axis_hidden = true;
    chart.grid.stroke_width = 0.0;
    for axis in &mut chart.y_axis_configs {
        (axis.min, axis.max) = (Some(0.0), Some(top as f32));
    }
    chart
}

/// One bar in our units; `None` where it has no height. Pixels are whole, so that edges are sharp, and what stands on
/// another bar leaves a gap.
fn bar(rect: &str, width: f32) -> Option<String> {
    let number = |name| attribute(rect, name)?.parse::<f32>().ok();
    let (x, y, wide, high) = (number("x")?, number("y")?, number("width")?, number("height")?);
    if high <= 0.0 {
        return None;
    }
    let (from, to) = (y.round() as i64, (y + high).round() as i64);
    let gap = if to < HEIGHT { GAP } else { 0 };
    let (left, share) = (x / width * 100.0, wide / width * 100.0);
    let (series, high) = (attribute(rect, "data-series")?, (to - from - gap).max(1));
    Some(format!(
        "<rect data-series=\"{series}\" x=\"{left:.2}%\" width=\"{share:.2}%\" y=\"{from}\" height=\"{high}\"/>"
    ))
}

fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let start = element.find(&format!("{name}=\""))? + name.len() + 2;
    element[start..].split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_end_at_round_numbers() {
        let tops = [0, 1, 3, 4, 10, 12, 13, 20, 25, 36, 61, 100, 1_000].map(round_top);
        assert_eq!(tops, [3, 3, 3, 6, 12, 12, 15, 24, 30, 45, 75, 120, 1_200]);
        assert_eq!(round_top(i64::MAX), i64::MAX);
    }

    #[test]
    fn bars_are_stacked_in_order_with_a_gap() {
        let series = [Series { name: "plan", values: vec![6, 0, 12] }, Series { name: "packs", values: vec![3, 0, 0] }];
        let bars = stacked_bars(&series, 4, 12).unwrap();
        let expected = [
            r#"<rect data-series="plan" x="5.00%" width="15.00%" y="81" height="81"/>"#,
            r#"<rect data-series="plan" x="55.00%" width="15.00%" y="0" height="162"/>"#,
            // 40.5 pixels high, from 40.5 to 81, less the gap
            r#"<rect data-series="packs" x="5.00%" width="15.00%" y="41" height="38"/>"#,
        ];
        assert_eq!(bars, expected.concat());
    }

    #[test]
    fn what_is_small_can_still_be_seen_and_nothing_needs_a_style() {
        let series = [Series { name: "plan", values: vec![1_000] }, Series { name: "excess", values: vec![1] }];
        let bars = stacked_bars(&series, 14, 3_000).unwrap();
        assert!(bars.contains("data-series=\"excess\"") && bars.contains("height=\"1\""), "{bars}");
        assert!(!bars.contains("style") && !bars.contains("fill"), "{bars}");
        assert_eq!(stacked_bars(&[], 14, 12).unwrap(), "");
    }
}
