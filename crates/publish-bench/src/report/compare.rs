//! Two reports beside each other.

use super::Better;
use super::document::Document;
use super::figure::{Figure, Spread, number};

/// Each figure that both have: its medians, how they relate, and whether the samples' ranges overlap.
pub(super) fn table(old: &Document, new: &Document) -> String {
    let mut text = format!("compared with `{}`, {}\n", old.command, old.written);
    if (&old.machine.processor, old.machine.cores, &old.machine.build)
        != (&new.machine.processor, new.machine.cores, &new.machine.build)
    {
        text += "\nThe machines or the builds differ: compare the ratios alone.\n";
    }
    text += "\n| benchmark | who | unit | old | new | new / old | |\n| --- | --- | --- | --- | --- | --- | --- |\n";
    for figure in &new.figures {
        let Some(before) = old.figures.iter().find(|before| before.is_same(figure)) else { continue };
        let (Some(was), Some(is)) = (before.spread, figure.spread) else { continue };
        text += &format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            figure.benchmark,
            figure.subject,
            figure.unit,
            number(was.median),
            number(is.median),
            number(is.median / was.median),
            verdict(figure, was, is)
        );
    }
    let missing =
        old.figures.iter().filter(|before| !new.figures.iter().any(|new| new.is_same(before))).count();
    if missing > 0 {
        text += &format!("\n{missing} figures of the earlier report were not measured now.\n");
    }
    text
}

fn verdict(figure: &Figure, was: Spread, is: Spread) -> &'static str {
    if is.min <= was.max && was.min <= is.max {
        return "within the spread";
    }
    if (is.median > was.median) == (figure.better == Better::Higher) { "better" } else { "worse" }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails there")]

    use super::*;

    fn told(better: Better, was: [f64; 2], is: [f64; 2]) -> &'static str {
        let figure = Figure::new("b", "s", "u", better, is.to_vec());
        verdict(&figure, Spread::of(&was).unwrap(), Spread::of(&is).unwrap())
    }

    #[test]
    fn a_difference_counts_only_beyond_the_spread() {
        assert_eq!(told(Better::Higher, [1.0, 2.0], [1.5, 3.0]), "within the spread");
        assert_eq!(told(Better::Higher, [1.0, 2.0], [2.5, 3.0]), "better");
        assert_eq!(told(Better::Lower, [1.0, 2.0], [2.5, 3.0]), "worse");
        assert_eq!(told(Better::Lower, [2.0, 3.0], [1.0, 1.5]), "better");
    }
}
