//! One run: its steps, why it is a violation, its drawing, its page.

pub mod beside;
pub mod html;
pub mod mermaid;
pub mod messages;
pub mod needs;
pub mod on_model;
pub mod passed_over;
pub mod picture;
pub mod shadow;
pub mod story;
pub mod text;
pub mod why;
