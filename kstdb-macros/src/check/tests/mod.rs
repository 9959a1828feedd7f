//! What is found out about statements.

mod faults;
mod limits;
mod reads;
mod support;
mod writes;
