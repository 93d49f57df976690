//! `publish targets`.

use std::process::ExitCode;

use serde_json::json;

use super::Host;
use crate::output::{print, print_json};

/// Lists what this tool offers and which connections are set. Settings are not shown: they may hold secrets.
pub(super) fn targets(host: &Host, is_json: bool) -> ExitCode {
    let registry = host.engine.registry();
    let targets: Vec<_> =
        registry.targets().map(|target| (target.name().to_string(), target.description())).collect();
    let actions: Vec<_> = registry.actions().map(|action| action.name().to_string()).collect();
    let connections: Vec<_> = host
        .connections
        .iter()
        .map(|(name, connection)| (name.to_owned(), connection.target.clone()))
        .collect();
    if is_json {
        let pairs = |key: &'static str, pairs: Vec<(String, String)>| -> Vec<serde_json::Value> {
            pairs.into_iter().map(|(name, value)| json!({ "name": name, key: value })).collect()
        };
        let targets = targets.into_iter().map(|(name, description)| (name, description.to_owned())).collect();
        print_json(&json!({
            "targets": pairs("description", targets), "actions": actions, "connections": pairs("target", connections),
        }));
        return ExitCode::SUCCESS;
    }
    let mut text = String::from("kinds of targets:\n");
    for (name, description) in targets {
        text.push_str(&format!("  {name:<12} {description}\n"));
    }
    text.push_str(&format!("actions:\n  {}\nconnections:\n", actions.join(", ")));
    for (name, target) in connections {
        text.push_str(&format!("  {name:<12} {target}\n"));
    }
    print(&text);
    ExitCode::SUCCESS
}
