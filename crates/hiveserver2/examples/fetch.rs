//! Runs one statement, shows its log, and measures how fast its rows come.
//!
//! ```text
//! cargo run --release -p hiveserver2 --example fetch -- 127.0.0.1:10000 alice "SELECT * FROM t"
//! ```

use std::time::Instant;

use hiveserver2::{Config, Event, Session};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [server, user, sql] = arguments.as_slice() else {
        return Err("usage: fetch HOST:PORT USER SQL".into());
    };
    let (host, port) = server.rsplit_once(':').ok_or("the server is HOST:PORT")?;
    let mut session = Session::open(&Config::new(host, port.parse()?).with_user(user)).await?;
    let started = Instant::now();
    let mut operation = session.execute(sql.as_str()).await?;
    while let Some(event) = operation.next_event().await? {
        match event {
            Event::Log(lines) => lines.iter().for_each(|line| eprintln!("{line}")),
            Event::Progress(progress) => {
                eprintln!("{:3.0} % {}", progress.fraction * 100.0, progress.summary)
            }
            _ => {}
        }
    }
    println!("finished after {:.2?}", started.elapsed());
    let started = Instant::now();
    let (mut rows, mut bytes, mut batches) = (0, 0, 0);
    while let Some(batch) = operation.fetch().await? {
        rows += batch.num_rows();
        bytes += batch.get_array_memory_size();
        batches += 1;
    }
    let seconds = started.elapsed().as_secs_f64();
    let speed = f64::from(u32::try_from(rows)?) / seconds;
    println!("{rows} rows, {batches} batches, {bytes} bytes of Arrow in {seconds:.2} s: {speed:.0} rows/s");
    operation.close().await?;
    session.close().await?;
    Ok(())
}
