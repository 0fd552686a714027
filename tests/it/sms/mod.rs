//! Conversations by text: what a person sees on the phone, what the business sees afterwards.
mod receiving;
