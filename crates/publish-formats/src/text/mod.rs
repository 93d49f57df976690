//! Values as text, for every format whose files are text.

mod buffer;
mod column;
mod encode;
mod fault;
mod moment;
mod number;
mod part_stream;
mod parts;
mod print;

pub(crate) use buffer::{TextBuffer, count_lines};
pub(crate) use column::{TextColumn, text_column};
pub(crate) use encode::{RowPrinter, TextEncoder};
pub(crate) use fault::{Fault, ReadError, expectation, lines_before};
pub(crate) use moment::{Moment, Time, parse_date, print_date, print_moment, print_time};
pub(crate) use number::{Number, parse_integer};
pub(crate) use part_stream::{PartDecoder, part_stream};
pub(crate) use parts::Parts;
pub(crate) use print::{Printer, is_bare, printer};
