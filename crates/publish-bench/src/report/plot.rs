//! Drawings: bars of who did how much, curves of how a cost grows. Plain SVG.

use std::collections::BTreeMap;

use super::document::Document;
use super::figure::{Curve, number};

/// Width of a drawing.
const WIDTH: f64 = 720.0;

/// Height of a bar with the gap below it.
const BAR: f64 = 24.0;

/// Room at the left, for names.
const LEFT: f64 = 240.0;

/// The sides of the field of curves.
const FIELD: (f64, f64, f64, f64) = (80.0, 40.0, 480.0, 300.0);

/// Colours that can be told apart, also by those who see fewer of them.
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/// The drawings by the names of their files.
pub(super) fn drawings(document: &Document) -> Vec<(String, String)> {
    let mut bars: BTreeMap<(&str, &str), Vec<(&str, f64)>> = BTreeMap::new();
    for figure in &document.figures {
        // Ratios are not drawn beside what they are ratios of.
        if let (Some(spread), false) = (figure.spread, figure.unit.starts_with("x ")) {
            let key = (figure.benchmark.as_str(), figure.unit.as_str());
            bars.entry(key).or_default().push((figure.subject.as_str(), spread.median));
        }
    }
    bars.retain(|_, bars| bars.len() > 1);
    let mut curves: BTreeMap<&str, Vec<&Curve>> = BTreeMap::new();
    for curve in document.curves.iter().filter(|curve| curve.points.len() > 1) {
        curves.entry(&curve.drawing).or_default().push(curve);
    }
    let bars = bars.into_iter().map(|((benchmark, unit), bars)| {
        let title = format!("{benchmark}, {unit}");
        (file_name(&title), bar_chart(&title, &bars))
    });
    bars.chain(curves.into_iter().map(|(title, curves)| (file_name(title), curve_chart(title, &curves))))
        .collect()
}

fn file_name(title: &str) -> String {
    let plain = title.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let words = plain.collect::<String>();
    let words = words.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>();
    format!("{}.svg", words.join("-"))
}

fn bar_chart(title: &str, bars: &[(&str, f64)]) -> String {
    let largest = bars.iter().map(|(_, value)| *value).fold(f64::MIN_POSITIVE, f64::max);
    let mut body = String::new();
    for (index, (name, value)) in bars.iter().enumerate() {
        let y = 44.0 + index as f64 * BAR;
        let width = (WIDTH - LEFT - 90.0) * value / largest;
        let colour = COLOURS[usize::from(index > 0)];
        body += &format!(
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\n\
             <rect x=\"{LEFT:.0}\" y=\"{y:.0}\" width=\"{width:.1}\" height=\"16\" fill=\"{colour}\"/>\n\
             <text x=\"{:.1}\" y=\"{:.0}\">{}</text>\n",
            LEFT - 8.0,
            y + 13.0,
            escaped(name),
            LEFT + width + 6.0,
            y + 13.0,
            number(*value)
        );
    }
    page(title, 60.0 + bars.len() as f64 * BAR, &body)
}

fn curve_chart(title: &str, curves: &[&Curve]) -> String {
    let (left, top, width, height) = FIELD;
    let all = || curves.iter().flat_map(|curve| &curve.points);
    let (x, y) = (Axis::over(all().map(|point| point.0)), Axis::over(all().map(|point| point.1)));
    let right = |value: f64| left + width * x.share(value);
    let up = |value: f64| top + height * (1.0 - y.share(value));
    let mut body = format!(
        "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"none\" stroke=\"#888\"/>\n"
    );
    for tick in x.ticks() {
        body += &format!(
            "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>\n",
            right(tick),
            top + height + 18.0,
            number(tick)
        );
    }
    for tick in y.ticks() {
        body += &format!(
            "<text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
            left - 6.0,
            up(tick) + 4.0,
            number(tick)
        );
    }
    for (index, curve) in curves.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let points = curve.points.iter().map(|(at, value)| format!("{:.1},{:.1}", right(*at), up(*value)));
        let line = points.collect::<Vec<_>>().join(" ");
        let label = top + 16.0 + index as f64 * 20.0;
        body += &format!(
            "<polyline points=\"{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n\
             <text x=\"{:.0}\" y=\"{label:.0}\" fill=\"{colour}\">{}</text>\n",
            left + width + 8.0,
            escaped(&curve.name)
        );
    }
    let axes = curves.first().map_or_else(String::new, |curve| format!("{} against {}", curve.y, curve.x));
    page(&format!("{title}: {axes}, both logarithmic"), top + height + 32.0, &body)
}

/// A logarithmic axis over whole powers of ten.
struct Axis {
    from: i32,
    to: i32,
}

impl Axis {
    fn over(values: impl Iterator<Item = f64>) -> Self {
        let (mut least, mut most) = (f64::MAX, f64::MIN_POSITIVE);
        for value in values.map(|value| value.max(1e-9)) {
            (least, most) = (least.min(value), most.max(value));
        }
        let from = least.min(most).log10().floor() as i32;
        Self { from, to: (most.log10().ceil() as i32).max(from + 1) }
    }

    fn share(&self, value: f64) -> f64 {
        (value.max(1e-9).log10() - f64::from(self.from)) / f64::from(self.to - self.from)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        (self.from..=self.to).map(|power| 10_f64.powi(power))
    }
}

fn page(title: &str, height: f64, body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"12\" y=\"22\" font-size=\"15\">{}</text>\n{body}</svg>\n",
        escaped(title)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_is_the_largest_figure() {
        let drawing = bar_chart("a < b", &[("ours", 2.0), ("theirs", 1.0)]);
        let widths: Vec<f64> = drawing
            .lines()
            .filter_map(|line| line.split("width=\"").nth(1).filter(|_| line.contains("height=\"16\"")))
            .filter_map(|rest| rest.split('"').next()?.parse().ok())
            .collect();
        assert_eq!(widths, [390.0, 195.0]);
        assert!(drawing.contains("a &lt; b"));
    }

    #[test]
    fn a_line_that_grows_with_the_rows_is_straight() {
        let axis = Axis::over([1.0, 10.0, 100.0].into_iter());
        assert_eq!([1.0, 10.0, 100.0].map(|value| axis.share(value)), [0.0, 0.5, 1.0]);
        assert_eq!(Axis::over([5.0].into_iter()).ticks().collect::<Vec<_>>(), [1.0, 10.0]);
    }

    #[test]
    fn a_file_is_named_after_its_title() {
        assert_eq!(file_name("decode avro, M rows/s"), "decode-avro-m-rows-s.svg");
    }
}
