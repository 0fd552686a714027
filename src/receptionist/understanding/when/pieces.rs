//! What the words of a date or time are to the grammar, whatever the language.
use chrono::Weekday;

use super::Part;

/// One word, number or mark of an utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Spelled with so many digits, or with none if it was a word.
    Number {
        value: u32,
        digits: u8,
    },
    Ordinal(u32),
    /// "2:30", "14h30", "15 h".
    Clock(u32, u32),
    /// "21/12", as it was said.
    Slashed(u32, u32, Option<i32>),
    /// Year, month and day in that order.
    Dated(i32, u32, u32),
    /// A feast with a fixed date: month and day.
    Feast(u32, u32),
    Weekday(Weekday),
    Month(u32),
    /// "Today" is 0, "the day after tomorrow" 2.
    FromToday(u64),
    Part(Part),
    /// "Tonight", "ce soir": a part of today.
    ThisPart(Part),
    Noon,
    Midnight,
    Am,
    Pm,
    /// "O'clock", "heures", "horas".
    HourMark,
    Half,
    Quarter,
    Unit(Unit),
    /// "A", "un", "una": one, where a unit follows.
    One,
    /// "A few", "quelques": so many, where a unit follows, but nobody knows exactly.
    Few,
    Next,
    /// "Coming": the nearest to come.
    Coming,
    This,
    /// "Last", "ago", "pasado": behind us.
    Gone,
    /// What follows began in the past or lasts: "since", "depuis", "it takes".
    Since,
    At,
    /// "À" and Spanish "a": at, or to.
    A,
    From,
    To,
    Until,
    Between,
    And,
    Or,
    After,
    Before,
    /// Not later than this, but that still.
    By,
    In,
    Within,
    Of,
    On,
    For,
    The,
    /// Before the hour, in Spanish: "las tres".
    Las,
    /// "Moins", "menos".
    Minus,
    /// "Past", in "ten past two".
    Past,
    Start,
    Middle,
    End,
    Rest,
    Early,
    Late,
    Asap,
    /// Later today.
    Later,
    /// What was said before is taken back.
    Correct,
    /// An appointment is to be moved, so that "from" names what was and "to" what is wanted.
    Move,
    /// What follows is not wanted: "instead of", "not".
    Not,
    /// A word that may follow a bare hour ("at three please"), where a noun would make it a count.
    Soft,
    /// Something that is counted.
    Noun,
    /// Part of an address.
    Street,
    Comma,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    /// Two weeks; in Spanish America the half of a month that is paid at once.
    Fortnight,
    Weekend,
    Month,
    Year,
}

impl Piece {
    /// A number of the calendar or the clock.
    pub fn number(self) -> Option<u32> {
        match self {
            Self::Number { value, .. } => Some(value),
            _ => None,
        }
    }

    /// Joins two ends: "from nine *to* five".
    pub fn is_to(self) -> bool {
        matches!(self, Self::To | Self::A | Self::Until)
    }

    /// Stands before a time and says no more than that: "at", "on", "for", an article, a comma.
    pub fn is_glue(self) -> bool {
        matches!(
            self,
            Self::At
                | Self::A
                | Self::On
                | Self::In
                | Self::Of
                | Self::For
                | Self::The
                | Self::Las
                | Self::Comma
        )
    }
}
