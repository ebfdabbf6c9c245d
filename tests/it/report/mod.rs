//! The floor `report`, and what is committed of it.

mod accessible;
mod baselines;
mod exports;
mod foreign;
mod hosts;
mod in_browser;
mod pages;
mod same_bytes;
mod screens;
mod stories;
mod viewers;
mod why;
