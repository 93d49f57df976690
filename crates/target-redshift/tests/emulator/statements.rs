//! Statements that no publish of these tests happens to send are understood all the same.

use crate::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn questions_about_running_loads_and_refused_rows_are_understood() {
    let fixture = Fixture::new().await;
    for question in [
        "SELECT SUM(lines), SUM(bytes_loaded), SUM(bytes_to_load) FROM stv_load_state WHERE session = 7",
        "SELECT loaded_rows, loaded_bytes, source_file_bytes FROM sys_load_history WHERE session_id = 7 AND status ILIKE \
         '%running%'",
        "SELECT TRIM(filename), line_number, TRIM(colname), TRIM(type), TRIM(col_length), TRIM(raw_field_value), \
         TRIM(err_reason), err_code FROM stl_load_errors WHERE query = 7 ORDER BY starttime DESC, filename, line_number \
         LIMIT 100",
        "SELECT TRIM(file_name), line_number, TRIM(column_name), TRIM(column_type), TRIM(column_length), NULL, \
         TRIM(error_message), error_code FROM sys_load_error_detail WHERE session_id = 7 ORDER BY start_time DESC, \
         file_name, line_number LIMIT 100",
    ] {
        let rows = fixture.rows(question).await;
        assert!(rows.is_empty() || rows == ["NULL|NULL|NULL"], "{question}: {rows:?}");
    }
}
