//! What the dialogue waits for, for who leads the conversation without it for a moment: a caller who was not heard.
use super::{dialogue::Rachel, state::DialogueState};
use crate::{kernel::language::Language, receptionist::business::Business};

/// What was asked last and is not answered yet, in its words for a second time.
pub fn pending_question(
    business: &Business,
    state: &DialogueState,
    language: Language,
) -> Option<String> {
    let mut state = state.clone();
    state.language = Some(language);
    let rachel = Rachel {
        business,
        state: &mut state,
        now: None,
    };
    rachel.question()
}
