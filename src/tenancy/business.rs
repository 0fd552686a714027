//! The facts of a business that a brain may use.
