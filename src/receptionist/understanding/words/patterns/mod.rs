//! Whole phrases of the languages, with gaps and classes of words, above all as people speak them on the telephone.
//!
//! `..` stands for up to three words, and `@name` for one word of a class; the rest is written as told at
//! `super::super::patterns::score`.
pub(super) mod en;
pub(super) mod es;
pub(super) mod fr;

/// The words of a class by its name.
pub type Classes = &'static [(&'static str, &'static [&'static str])];
