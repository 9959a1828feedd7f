//! What can stand for a list in `IN (..list)`.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use crate::session::IntoValue;

/// A list of `IN (..list)`: a slice, an array or a `Vec` of values, or a pointer to one.
///
/// Text is one value and no list, although it can be seen as a slice of bytes. The trait is sealed:
/// the macros and their checks know these lists and no others.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no list for `IN (..)`",
    label = "a slice, an array or a `Vec` of values is expected",
    note = "one value is compared with `= ?` or `= :name`"
)]
pub trait List: sealed::Sealed {
    /// A value of the list.
    type Item: IntoValue + Clone;

    /// The values, in their order.
    fn items(&self) -> &[Self::Item];
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! lists {
    ($([$($generics:tt)*] $list:ty),+ $(,)?) => { $(
        impl<$($generics)*> sealed::Sealed for $list {}

        impl<$($generics)*> List for $list {
            type Item = T;

            fn items(&self) -> &[T] {
                self
            }
        }
    )+ };
}

lists!(
    [T: IntoValue + Clone] [T],
    [T: IntoValue + Clone, const N: usize] [T; N],
    [T: IntoValue + Clone] Vec<T>,
    ['a, T: IntoValue + Clone] Cow<'a, [T]>,
);

macro_rules! pointers {
    ($($pointer:ty),+) => { $(
        impl<L: List + ?Sized> sealed::Sealed for $pointer {}

        impl<L: List + ?Sized> List for $pointer {
            type Item = L::Item;

            fn items(&self) -> &[L::Item] {
                (**self).items()
            }
        }
    )+ };
}

pointers!(&L, &mut L, Box<L>, Rc<L>, Arc<L>);
