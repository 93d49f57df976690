//! From a request and its results to a plan. Changes nothing.

use crate::{ActionContext, Error, Plan, Result, ResultSet, RunContext, TableName, TableNaming, TableState};

use super::call::{Connection, repeat, within};
use super::naming::free_name;
use super::publish::{AttemptStart, Publish};

impl Publish<'_> {
    /// Looks at the table, asks the action what it wants and the target how. Changes nothing.
    pub(super) async fn plan(
        &self,
        results: &ResultSet,
        start: &AttemptStart,
        connection: &mut Connection<'_>,
        context: &RunContext,
    ) -> Result<Plan> {
        let settings = &self.engine.settings;
        let (table, found, facts) = repeat!(
            context,
            settings,
            self.find_table(start, connection, context),
            |attempt, error: &Error| tracing::warn!(attempt, error = %error, "looking at the table is tried again")
        )?;
        let run = context.run();
        let seen = ActionContext::new(run, start.number, self.request, &table, &found);
        let mut intent = self.action.intend(&seen)?;
        intent.server = facts;
        self.target.plan(&intent, results, &found)
    }

    /// Lets the target finish what a dead run left half-way on the table.
    pub(super) async fn recover(&self, connection: &mut Connection<'_>, context: &RunContext) -> Result<()> {
        if self.action.table_naming(self.request) == TableNaming::Timestamp {
            return Ok(());
        }
        let settings = &self.engine.settings;
        repeat!(
            context,
            settings,
            async {
                let session = connection.session(context).await?;
                let recovered = within(context, session.recover(&self.asked, context)).await;
                if recovered.is_err() {
                    connection.drop_session();
                }
                recovered
            },
            |attempt, error: &Error| tracing::warn!(attempt, error = %error, "finishing a dead run is tried again")
        )
    }

    async fn find_table(
        &self,
        start: &AttemptStart,
        connection: &mut Connection<'_>,
        context: &RunContext,
    ) -> Result<(TableName, TableState, serde_json::Value)> {
        let found = self.look_up_table(start, connection, context).await;
        let facts = match &found {
            Ok(_) => within(context, connection.session(context).await?.facts()).await,
            Err(_) => Ok(serde_json::Value::Null),
        };
        if found.is_err() || facts.is_err() {
            connection.drop_session();
        }
        let (table, found) = found?;
        Ok((table, found, facts?))
    }

    async fn look_up_table(
        &self,
        start: &AttemptStart,
        connection: &mut Connection<'_>,
        context: &RunContext,
    ) -> Result<(TableName, TableState)> {
        let session = connection.session(context).await?;
        if self.action.table_naming(self.request) == TableNaming::Exact {
            let found = within(context, session.inspect(&self.asked)).await?;
            return Ok((self.asked.clone(), found));
        }
        if let Some(table) = &start.table
            && within(context, session.inspect(table)).await? == TableState::Absent
        {
            return Ok((table.clone(), TableState::Absent));
        }
        Ok((free_name(session.as_mut(), &self.asked, context).await?, TableState::Absent))
    }
}
