//! Conversations by text: what a person sees on the phone, what the business sees afterwards.
mod callbacks;
mod keywords;
mod kinds;
mod races;
mod receiving;
mod replying;
mod sending;
mod shared_number;
