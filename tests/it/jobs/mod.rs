//! The floor `jobs`: what a person asks for.

mod corpus;
mod coverage;
mod generate;
mod goals;
mod predict;
mod replay;
mod scenarios;
mod shards;
mod simulate;
mod threads;
