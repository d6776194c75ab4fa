//! Findings as they are told.

use crate::terminal;
use pellucid::inspection::diagnosis::{Finding, FindingKind};

/// Tells of findings on standard error, of each that was not told already.
pub(crate) fn tell(findings: &[Finding], told: &[Finding]) {
    for finding in news(findings, told) {
        terminal::note(&format!("warning: {finding}"));
    }
}

/// The findings that were not told already. What ended a run is told as its error.
pub(crate) fn news<'a>(findings: &'a [Finding], told: &[Finding]) -> impl Iterator<Item = &'a Finding> {
    findings
        .iter()
        .filter(move |finding| finding.kind != FindingKind::Diverged && !told.contains(finding))
}

/// All of them, numbered, as the result of looking for them.
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
