//! Sessions: one connection of the pool, run a whole call at a time on a blocking thread.
//!
//! sqlx owns the connection. A session borrows its handle through rusqlite and does in one hop what
//! sqlx does in a hop per row: prepare from the cache, bind, step, read every row.

mod atomic;
mod brief;
mod cancel;
mod codec;
mod connect;
mod deferred;
mod direct;
mod keyword;
mod params;
mod pragma;
mod read;
mod row;
mod script;
mod statement;
mod transaction;
mod value;
mod wal;
mod watch;

pub use direct::{ReadTransaction, WriteTransaction};
pub use params::{NamedParams, ParamList, Params};
pub use row::{Columns, DynamicRow, FromRow, Row};
pub use statement::Executed;
pub use value::{FromValue, IntoValue, Value, ValueRef};

pub(crate) use atomic::Aborted;
pub(crate) use cancel::{CancelOnDrop, Cancellation};
pub(crate) use codec::Codec;
pub(crate) use connect::{OnConnect, Session, SessionSettings, with_handle};
pub(crate) use direct::{read, write};
pub(crate) use keyword::{Kind, kind, optimizes};
pub(crate) use read::{AnyReader, AnyRows, ByType, ReadRow};
pub(crate) use row::FirstColumn;
pub(crate) use statement::{Limit, TextEffect};

/// Calls a macro for every tuple of one to sixteen types.
macro_rules! for_each_tuple {
    ($each:ident) => {
        $each!(A 0);
        $each!(A 0, B 1);
        $each!(A 0, B 1, C 2);
        $each!(A 0, B 1, C 2, D 3);
        $each!(A 0, B 1, C 2, D 3, E 4);
        $each!(A 0, B 1, C 2, D 3, E 4, F 5);
        $each!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
        $each!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
        $each!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
        $each!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
        $each!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
        $each!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
        $each!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12);
        $each!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13);
        $each!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14);
        $each!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15);
    };
}
use for_each_tuple;
