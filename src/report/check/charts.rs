//! Charts as SVG, without scripts.

use maud::{Markup, html};

/// The width of a chart.
const WIDTH: f64 = 400.0;
/// The maximum height of its curve.
const HEIGHT: f64 = 90.0;
/// The space for the text around it.
const MARGIN: f64 = 20.0;
/// The length of the longest bar.
const LONGEST: f64 = 240.0;

/// Draws a curve with the area below it filled. `x` and `y` describe the greatest values.
pub fn curve(points: &[(f64, f64)], label: &str, x: &str, y: &str) -> Markup {
    let most = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).fold(f64::MIN_POSITIVE, f64::max);
    let (most_x, most_y) = (most(|point| point.0), most(|point| point.1));
    let bottom = MARGIN + HEIGHT;
    let mut path = String::new();
    for (at, (x, y)) in points.iter().enumerate() {
        let letter = if at == 0 { 'M' } else { 'L' };
        let (x, y) = (x / most_x * WIDTH, bottom - y / most_y * HEIGHT);
        path.push_str(&format!("{letter}{x:.1} {y:.1}"));
    }
    let (first, last) = (points.first(), points.last());
    let at = |point: Option<&(f64, f64)>| point.map_or(0.0, |point| point.0 / most_x * WIDTH);
    let area = format!("{path}L{:.1} {bottom}L{:.1} {bottom}Z", at(last), at(first));
    html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {}", bottom + MARGIN)) width=(WIDTH) height=(bottom + MARGIN)
            role="img" aria-label=(label) {
            path.area d=(area) {}
            path.curve d=(path) {}
            line.axis x1="0" x2=(WIDTH) y1=(bottom) y2=(bottom) {}
            text x="0" y="14" { (y) }
            text x=(WIDTH) y=(bottom + 15.0) text-anchor="end" { (x) }
        }
    }
}

/// Draws a bar for a count; `most` is the greatest count next to it. The scale is logarithmic, so
/// that small counts are visible. A count of 0 is drawn as a cross.
pub fn bar(count: u64, most: u64) -> Markup {
    let size = |count: u64| ((count as f64) + 1.0).log10();
    let width = (size(count) / size(most.max(1)) * LONGEST).max(2.0);
    html! {
        svg.bar_of width=(LONGEST) height="12" role="img" aria-label=(count) {
            @if count == 0 { path.cross d="M2 2 l8 8 m0 -8 l-8 8" {} }
            @else { rect y="1" height="10" width=(format!("{width:.0}")) {} }
        }
    }
}
