//! The floor `cli`: the program from outside.

mod checkpoints;
mod commands;
mod exits;
mod gallery;
mod init;
mod kills;
mod terminal;
