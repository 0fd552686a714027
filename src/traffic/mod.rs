//! Conversations: interactions and their turns, recordings, tool calls, the state of a dialogue, the black box.
//!
//! An interaction moves forward only: a late `call_started` never reopens a call, facts are merged field by field,
//! the longer text of a turn wins. Each function is one statement, whatever the number of turns.
mod again;
pub mod black_box;
mod conversations;
mod dialogue;
pub mod filter;
pub mod links;
pub mod model;
pub mod routes;
pub mod rules;
pub mod store;
mod texts;

pub use again::{while_in_the_way, while_raced};
pub use black_box::{Source, trace, trace_update};
pub use conversations::{
    AtProvider, CLOSED_WITHOUT_END, ConversationUpdate, Held, NewRecording, NewTurn,
    SavedConversation, find_held, find_mode, is_cleared, order_deletion, save_conversation,
    tell_analysis,
};
pub use dialogue::{
    EarlierToolCall, SavedDialogue, answer_tool_call, count_changes_beside, count_tool_results,
    drop_chat, find_dialogue, list_last_turns, record_tool_call, save_dialogue,
};
pub use model::{Direction, Error, HandledBy, Outcome, Role, Status};
pub use routes::router;
pub use rules::{Contribution, Facts};
pub use store::outcomes::{Raised, raise_outcome};
pub use texts::{
    ClosedText, Conversation, Conversed, IncomingText, ReceivedText, WaitingText, close_idle_texts,
    find_conversation, insert_turn, list_conversed, list_waiting, mark_answered, receive_text,
};
