#include <sqlite3.h>

// SQLITE_TRANSIENT is a cast of -1 to a function pointer, which the importer cannot read: SQLite copies the bytes
// before the call returns (sqlite.org/c3ref/c_static.html).

static inline int sqlite_shim_bind_text(sqlite3_stmt *statement, int place, const void *bytes, sqlite3_uint64 length) {
    return sqlite3_bind_text64(statement, place, (const char *)bytes, length, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int sqlite_shim_bind_blob(sqlite3_stmt *statement, int place, const void *bytes, sqlite3_uint64 length) {
    // A null pointer would bind NULL instead of an empty blob.
    return sqlite3_bind_blob64(statement, place, length == 0 ? "" : bytes, length, SQLITE_TRANSIENT);
}

static inline void sqlite_shim_result_text(sqlite3_context *context, const void *bytes, sqlite3_uint64 length) {
    sqlite3_result_text64(context, (const char *)bytes, length, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline void sqlite_shim_result_blob(sqlite3_context *context, const void *bytes, sqlite3_uint64 length) {
    sqlite3_result_blob64(context, length == 0 ? "" : bytes, length, SQLITE_TRANSIENT);
}

// Closing the last connection then neither checkpoints nor deletes the log
// (sqlite.org/c3ref/c_dbconfig_defensive.html); variadic, so not imported.
static inline int sqlite_shim_leave_log(sqlite3 *connection) {
    return sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}
