//! What a server logs: one event a line, as JSON.

use serde_json::{Map, Value, json};
use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What is usual.
    Info,
    /// A problem that needs attention.
    Warning,
}

/// Something that happened: a name, and what belongs to it.
#[derive(Debug, Clone)]
pub struct Event {
    /// How much it matters.
    pub level: Level,
    /// What happened, such as `request` or `reloaded`.
    pub name: &'static str,
    fields: Map<String, Value>,
}

impl Event {
    pub(crate) fn info(name: &'static str) -> Self {
        let (level, fields) = (Level::Info, Map::new());
        Self { level, name, fields }
    }

    pub(crate) fn warning(name: &'static str) -> Self {
        Self {
            level: Level::Warning,
            ..Self::info(name)
        }
    }

    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(key.to_owned(), value.into());
        self
    }
}

impl fmt::Display for Event {
    /// As one line of JSON, with the time in seconds since 1970.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut line = json!({
            "time": now.as_millis() as f64 / 1e3,
            "level": match self.level {
                Level::Info => "info",
                Level::Warning => "warning",
            },
            "event": self.name,
        });
        if let Value::Object(line) = &mut line {
            line.extend(self.fields.clone());
        }
        line.fmt(formatter)
    }
}

/// Takes the events of a server, from any of its threads.
#[derive(Clone)]
pub struct Log(Arc<dyn Fn(&Event) + Send + Sync>);

impl Log {
    /// A log that hands events to a function.
    pub fn new(take: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(take))
    }

    pub(crate) fn note(&self, event: &Event) {
        (self.0)(event);
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Log")
    }
}
