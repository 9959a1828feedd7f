//! What is found out about statements, and how their faults are told.

mod columns;
mod faults;
mod limits;
mod writes;
