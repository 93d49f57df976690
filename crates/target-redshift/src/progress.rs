//! How far a COPY is, told by a second connection.

use std::convert::Infallible;
use std::time::Duration;

use publish_core::{Progress, Result, RunContext};

use crate::connect::{Connector, Link};

/// Time between two looks. The first one comes after it, so that a short load opens no second connection.
const EVERY: Duration = Duration::from_secs(5);

/// Tells the run how far the COPY of this session is, until it is dropped. What fails is left out.
pub(crate) async fn watch(connector: &Connector, session: Option<u64>, run: &RunContext) -> Infallible {
    let Some(session) = session else { return std::future::pending().await };
    let mut link: Option<Link> = None;
    loop {
        tokio::time::sleep(EVERY).await;
        let open = match link.take() {
            Some(open) => Ok(open),
            None => connector.open().await,
        };
        let looked = match open {
            Ok(open) => look(&open, session).await.map(|progress| (open, progress)),
            Err(error) => Err(error),
        };
        match looked {
            Ok((open, progress)) => {
                if let Some((rows, bytes, total)) = progress {
                    run.progress(Progress::new(rows, bytes).of(run.expected_rows(), total));
                }
                link = Some(open);
            }
            Err(error) => tracing::debug!(error = %error, "looking at a load failed"),
        }
    }
}

/// The statement for provisioned clusters, which know each slice.
fn by_slices(session: u64) -> String {
    format!(
        "SELECT SUM(lines), SUM(bytes_loaded), SUM(bytes_to_load) FROM stv_load_state WHERE session = {session}"
    )
}

/// The statement for all, whose history has the loads that run.
fn by_history(session: u64) -> String {
    format!(
        "SELECT loaded_rows, loaded_bytes, source_file_bytes FROM sys_load_history WHERE session_id = {session} AND status \
         ILIKE '%running%'"
    )
}

async fn look(link: &Link, session: u64) -> Result<Option<(u64, u64, Option<u64>)>> {
    for query in [by_slices(session), by_history(session)] {
        let Ok(answer) = link.ask(&query).await else { continue };
        let number = |column: usize| answer.value(column).and_then(|text| text.trim().parse::<u64>().ok());
        if let (Some(rows), Some(bytes)) = (number(0), number(1)) {
            return Ok(Some((rows, bytes, number(2))));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_watched_by_the_number_of_its_session() {
        assert_eq!(
            by_slices(7),
            "SELECT SUM(lines), SUM(bytes_loaded), SUM(bytes_to_load) FROM stv_load_state WHERE session = 7"
        );
        assert_eq!(
            by_history(7),
            "SELECT loaded_rows, loaded_bytes, source_file_bytes FROM sys_load_history WHERE session_id = 7 AND status \
             ILIKE '%running%'"
        );
    }
}
