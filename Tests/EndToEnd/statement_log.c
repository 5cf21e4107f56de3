/* Loaded into a program before its SQLite (LD_PRELOAD): writes the statements of each connection, without their values, to a file
   of its own in $STATEMENT_LOGS, as `.trace` of the sqlite3 shell does. What triggers do comes as comments, and is left out. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
extern int sqlite3_trace_v2(sqlite3 *, unsigned, int (*)(unsigned, void *, void *, void *), void *);
extern const char *sqlite3_sql(sqlite3_stmt *);

static int note(unsigned kind, void *file, void *statement, void *text) {
    const char *sql = text;
    (void)kind;
    if (sql && sql[0] == '-' && sql[1] == '-') return 0;
    fprintf(file, "%s;\n", sqlite3_sql(statement));
    fflush(file);
    return 0;
}

int sqlite3_open_v2(const char *path, sqlite3 **database, int flags, const char *system) {
    static int connections;
    int (*open)(const char *, sqlite3 **, int, const char *) = dlsym(RTLD_NEXT, "sqlite3_open_v2");
    int code = open(path, database, flags, system);
    char name[4096];
    snprintf(name, sizeof name, "%s/%d.sql", getenv("STATEMENT_LOGS"), __sync_add_and_fetch(&connections, 1));
    FILE *file = code == 0 ? fopen(name, "w") : NULL;
    if (file) sqlite3_trace_v2(*database, 1 /* SQLITE_TRACE_STMT */, note, file);
    return code;
}
