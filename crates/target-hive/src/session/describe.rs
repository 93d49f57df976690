//! Looking at tables.

use publish_core::{Error, ErrorKind, Result, Retry, RunContext, TableName};

use super::{HiveSession, Stop};
use crate::ddl;
use crate::error::{hive_error, is_missing_partition, is_missing_table};
use crate::table::{DescribeRow, Description};

impl HiveSession {
    /// Looks at a table. `None` if there is none.
    pub(crate) async fn describe(
        &mut self,
        table: &TableName,
        run: &RunContext,
    ) -> Result<Option<Description>> {
        self.describe_by(&ddl::describe(table), table, run).await
    }

    /// Looks at a partition, by its name as `SHOW PARTITIONS` writes it. `None` if there is none.
    pub(crate) async fn describe_partition(
        &mut self,
        table: &TableName,
        partition: &str,
        run: &RunContext,
    ) -> Result<Option<Description>> {
        self.describe_by(&ddl::describe_partition(table, partition), table, run).await
    }

    async fn describe_by(
        &mut self,
        sql: &str,
        table: &TableName,
        run: &RunContext,
    ) -> Result<Option<Description>> {
        let answer = self.server.ask(sql, None, Stop::OnCancel, run).await?;
        let rows = match answer {
            Ok(rows) => rows,
            Err(error) if is_missing_table(&error) || is_missing_partition(&error) => return Ok(None),
            Err(error) => {
                let error = hive_error(error).with_context("table", table);
                // Looking changes nothing, so a lost answer may be asked for again.
                let is_lost = error.retry() == Retry::InDoubt;
                return Err(if is_lost { error.with_retry(Retry::Safe) } else { error });
            }
        };
        let rows: Vec<DescribeRow> = rows
            .into_iter()
            .map(|row| {
                let mut cells = row.into_iter();
                [cells.next().flatten(), cells.next().flatten(), cells.next().flatten()]
            })
            .collect();
        let description = Description::read(&rows);
        if description.columns.is_empty() && description.facts.is_empty() {
            return Err(Error::new(
                ErrorKind::Unexpected,
                "Hive describes the table in a way that is not known",
            )
            .with_context("table", table));
        }
        Ok(Some(description))
    }
}
