//! One turn of a conversation: what was heard, and what is answered.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::kernel::language::Language;
use crate::receptionist::intent::Intent;
use crate::receptionist::tools::ToolCall;

/// What the other side did in one turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Text(String),
    Digits(String),
    Silence,
}

/// Whether the reply is spoken or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    Voice,
    Text,
}

/// Everything a brain learns about one turn.
#[derive(Clone, Debug)]
pub struct Turn {
    pub heard: Heard,
    pub medium: Medium,
    /// The language known so far; the words themselves may show another one.
    pub language: Language,
    /// Already known from a keyword such as CONFIRM; then the words are not interpreted again.
    pub intent: Option<Intent>,
    pub now: DateTime<Utc>,
    pub has_media: bool,
}

/// What is said back.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub text: String,
    pub language: Language,
    /// The tools that were called on the way to this reply, in order.
    pub tool_calls: Vec<ToolCall>,
    /// A person is wanted: the receptionist steps back.
    pub hands_over: bool,
    /// Nothing more is expected: a call may be hung up.
    pub ends: bool,
    /// We could not follow: on a call they may speak after the tone instead.
    pub gives_up: bool,
}
