//! `get_business_info`: the business's own answers to what is often asked, else the facts; what has no answer is
//! written down for the business.
use super::{ToolAnswer, ToolResult, answers, arguments::BusinessInfo, run::Work};
use crate::{
    kernel::db::TenantTx,
    receptionist::{
        plain::plain,
        telling::{is_same, telling_words},
    },
    tenancy::{
        privacy,
        store::questions::{self, Question},
    },
};

/// As many questions as a business may have answered and be heard of.
const MOST_QUESTIONS: i64 = 200;
/// A question of this length is somebody's life story.
const LONGEST_GAP: usize = 300;
/// How much of a question's words must have been said for its answer to be given, in percent.
const ENOUGH_PERCENT: usize = 60;
pub(super) async fn business_info(
    work: &Work<'_>,
    tx: &mut TenantTx,
) -> anyhow::Result<ToolAnswer> {
    let asked: BusinessInfo = work.call.arguments().unwrap_or_default();
    let topic = asked.topic.as_deref().unwrap_or_default();
    if !topic.is_empty() {
        let known = questions::list_questions(tx, None, MOST_QUESTIONS).await?;
        if let Some(answer) = best_answer(&known, topic) {
            return Ok(ToolAnswer::new(ToolResult::Ok, answer));
        }
    }
    let asker = answers::Asker {
        language: work.language,
        medium: work.errand.medium,
        now: work.now,
    };
    let answer = answers::business_info(work.business, &asked, &asker);
    if answer.result == ToolResult::NotFound && !plain(topic).is_empty() {
        let question: String = topic.chars().take(LONGEST_GAP).collect();
        if privacy::keeps_words(tx).await? {
            let interaction = Some(work.errand.interaction);
            questions::insert_gap(tx, question.trim(), interaction, work.now).await?;
        }
        return Ok(answer.because("knowledge_gap"));
    }
    Ok(answer)
}

/// The answer to the question that shares most words with what was asked, if these are most of its words.
fn best_answer(known: &[Question], asked: &str) -> Option<String> {
    let said = telling_words(asked);
    let share = |question: &Question| {
        let words = telling_words(&question.question);
        let found = words
            .iter()
            .filter(|word| said.iter().any(|other| is_same(word, other)));
        let found = found.count();
        let percent = (found * 100).checked_div(words.len()).unwrap_or(0);
        (percent >= ENOUGH_PERCENT).then_some((percent, found))
    };
    known
        .iter()
        .rev()
        .filter_map(|question| Some((share(question)?, question)))
        .max_by_key(|(share, _)| *share)
        .map(|(_, question)| question.answer.clone())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn known() -> Vec<Question> {
        [
            (
                "Do you have parking?",
                "There is free parking behind the shop.",
            ),
            ("Do you accept credit cards?", "We take all cards."),
            ("Êtes-vous assurés?", "Oui, pour deux millions de dollars."),
            (
                "Do you work with insurance companies?",
                "Yes, with all of them.",
            ),
            ("¿Dan garantía?", "Sí, de un año."),
        ]
        .map(|(question, answer)| Question {
            id: Uuid::nil(),
            question: question.into(),
            answer: answer.into(),
        })
        .into()
    }

    #[test]
    fn a_question_in_other_words_gets_the_businesss_own_answer() {
        for (asked, answer) in [
            (
                "is there any parking?",
                "There is free parking behind the shop.",
            ),
            (
                "can i park there / parking",
                "There is free parking behind the shop.",
            ),
            ("credit card accepted?", "We take all cards."),
            (
                "vous etes assurés j'espère",
                "Oui, pour deux millions de dollars.",
            ),
            ("do you work with insurance", "Yes, with all of them."),
            ("que garantía dan", "Sí, de un año."),
        ] {
            assert_eq!(
                best_answer(&known(), asked).as_deref(),
                Some(answer),
                "{asked}"
            );
        }
    }

    #[test]
    fn another_question_does_not() {
        for asked in [
            "what are your hours",
            "do you have it",
            "",
            "work",
            "¿?",
            "is the boss there",
        ] {
            assert_eq!(best_answer(&known(), asked), None, "{asked}");
        }
    }
}
