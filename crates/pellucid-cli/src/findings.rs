//! Findings as text.

use crate::terminal;
use pellucid::inspection::diagnosis::{Finding, FindingKind};

/// Reports findings on standard error, each that was not reported already, unless `quiet`.
pub(crate) fn report(findings: &[Finding], reported: &[Finding], quiet: bool) {
    for finding in news(findings, reported).filter(|_| !quiet) {
        terminal::note(&format!("warning: {finding}"));
    }
}

/// The findings that were not reported already. What ended a run is reported as its error.
pub(crate) fn news<'a>(findings: &'a [Finding], reported: &[Finding]) -> impl Iterator<Item = &'a Finding> {
    findings
        .iter()
        .filter(move |finding| finding.kind != FindingKind::Diverged && !reported.contains(finding))
}

/// All of them, numbered.
pub(crate) fn list(findings: &[Finding]) -> Vec<String> {
    let mut lines = vec![match findings.len() {
        1 => "1 finding".to_string(),
        more => format!("{more} findings"),
    }];
    for (index, finding) in findings.iter().enumerate() {
        lines.push(String::new());
        lines.push(format!("{}. {}", index + 1, finding.kind.title()));
        lines.push(format!("   seen: {}", finding.seen));
        lines.push(format!("   why:  {}", finding.why));
        lines.push(format!("   try:  {}", finding.try_this));
    }
    lines
}
