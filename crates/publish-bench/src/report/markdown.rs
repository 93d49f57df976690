//! The report as a table.

use super::document::Document;
use super::figure::number;

/// The figures with median and spread, the machine before and the notes after them.
pub(super) fn table(document: &Document) -> String {
    let machine = &document.machine;
    let versions =
        document.versions.iter().map(|(of, version)| format!("{of} {version}")).collect::<Vec<_>>();
    let mut text = format!(
        "`{}`, {}\n\n{} {}, {}, {} cores, {} MiB, load {}; {}\n\n{}\n",
        document.command,
        document.written,
        machine.system,
        machine.architecture,
        machine.processor,
        machine.cores,
        machine.memory_mib,
        machine.load,
        machine.build,
        versions.join(", ")
    );
    text += "\n| benchmark | who | unit | median | min | max | samples |\n| --- | --- | --- | --- | --- | --- | --- |\n";
    for figure in &document.figures {
        let Some(spread) = figure.spread else { continue };
        text += &format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            figure.benchmark,
            figure.subject,
            figure.unit,
            number(spread.median),
            number(spread.min),
            number(spread.max),
            figure.samples.len()
        );
    }
    if !document.notes.is_empty() {
        text.push('\n');
        for note in &document.notes {
            text += &format!("- {note}\n");
        }
    }
    text
}
