//! The words of people.
use crate::kernel::text::text_enum;

text_enum! {
    /// How a contact stands to the business. Archived ones are in no list that does not ask for them.
    ContactStatus { New, Active, Customer, Archived }
}

text_enum! {
    /// What became of a lead.
    LeadStatus { New, Contacted, Won, Lost }
}

text_enum! {
    /// How soon a lead wants an answer.
    Urgency { Low, Normal, High }
}

impl Urgency {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Normal => "NORMAL",
            Self::High => "HIGH",
        }
    }
}

impl ContactStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Active => "ACTIVE",
            Self::Customer => "CUSTOMER",
            Self::Archived => "ARCHIVED",
        }
    }
}
