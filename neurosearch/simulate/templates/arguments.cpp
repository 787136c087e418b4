// Arguments: the standard input up to the line "go".
//     key=value | key:dtype:count + raw bytes | key@dtype@path (mapped read-only)
struct Given {
    const char* key;
    const char* text;  // a number's digits, else null
    char dtype[3];
    int64_t count;
    const char* data;
    bool used;
};
static Vector<Given> given;

struct Variable {  // an array that may be set at the start and returned at the end
    const char* name;
    const char* dtype;
    void** items;
    const size_t* count;
    bool writable;
    const Given* value;
};

static size_t item_bytes(const char* dtype) {
    if (!strcmp(dtype, "f8") || !strcmp(dtype, "i8")) return 8;
    if (!strcmp(dtype, "f4") || !strcmp(dtype, "i4")) return 4;
    return strcmp(dtype, "u1") ? 0 : 1;
}

static char input_buffer[1 << 16];
static size_t input_at = 0, input_end = 0;

ONCE static bool input_more() {
    for (;;) {
        const ssize_t got = read(0, input_buffer, sizeof input_buffer);
        if (got < 0 && errno == EINTR) continue;
        input_at = 0;
        input_end = got > 0 ? (size_t)got : 0;
        return got > 0;
    }
}

ONCE static char* input_line() {
    Vector<char> line;
    for (;;) {
        if (input_at == input_end && !input_more()) refuse("input", "it ended before the line 'go'");
        const char c = input_buffer[input_at++];
        line.push_back(c == '\n' ? 0 : c);
        if (c == '\n') return line.items;
    }
}

ONCE static void input_bytes(const char* key, char* out, size_t wanted) {
    while (wanted) {
        if (input_at == input_end && wanted >= sizeof input_buffer) {  // read large arrays directly into place
            const ssize_t got = read(0, out, wanted);
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) refuse(key, "the input ended inside its data");
            out += got;
            wanted -= (size_t)got;
            continue;
        }
        if (input_at == input_end && !input_more()) refuse(key, "the input ended inside its data");
        const size_t here = input_end - input_at < wanted ? input_end - input_at : wanted;
        memcpy(out, input_buffer + input_at, here);
        input_at += here;
        out += here;
        wanted -= here;
    }
}

ONCE static int64_t whole_number(const char* key, const char* text, int64_t low, int64_t high) {
    char* end;
    errno = 0;
    const long long value = strtoll(text, &end, 10);
    if (end == text || *end || errno) refuse(key, "'%s' is not an integer", text);
    if (value < low || value > high)
        refuse(key, "%s is outside %lld to %lld", text, (long long)low, (long long)high);
    return value;
}

ONCE static void map_file(Given& entry, const char* path) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status)) refuse(entry.key, "cannot read %s: %s", path, strerror(errno));
    const size_t bytes = (size_t)status.st_size, item = item_bytes(entry.dtype);
    if (bytes == 0 || bytes % item) refuse(entry.key, "%s has %zu bytes, not a multiple of the size of %s", path, bytes, entry.dtype);
    void* data = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file, 0);
    if (data == MAP_FAILED) {
        if (errno == ENOMEM) throw std::bad_alloc();
        refuse(entry.key, "cannot map %s: %s", path, strerror(errno));
    }
    close(file);
    entry.data = (const char*)data;
    entry.count = (int64_t)(bytes / item);
}

ONCE static void limit_memory(const char* text) {
    const rlim_t bytes = (rlim_t)whole_number("memory", text, 1 << 20, INT64_MAX);
    struct rlimit limit;
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || bytes < limit.rlim_max ? bytes : limit.rlim_max;
    setrlimit(RLIMIT_AS, &limit);
}

ONCE static void read_arguments() {
    for (;;) {
        char* line = input_line();
        if (!strcmp(line, "go")) return;
        char* mark = strpbrk(line, "=:@");
        if (!mark || mark == line) refuse("input", "the line '%.60s' is none of key=value, key:dtype:count, go", line);
        const char kind = *mark;
        *mark = 0;
        Given entry = Given();
        entry.key = line;
        if (kind == '=') {
            entry.text = mark + 1;
            if (!strcmp(line, "memory")) limit_memory(entry.text);
        } else {
            char* second = strchr(mark + 1, kind);
            if (!second || second - mark != 3) refuse(line, "after the key comes %cdtype%c", kind, kind);
            memcpy(entry.dtype, mark + 1, 2);
            if (!item_bytes(entry.dtype)) refuse(line, "dtype '%s' is none of f8 f4 i8 i4 u1", entry.dtype);
            if (kind == '@') {
                map_file(entry, second + 1);
            } else {
                entry.count = whole_number(line, second + 1, 0, (int64_t)1 << 40);
                const size_t bytes = (size_t)entry.count * item_bytes(entry.dtype);
                char* data = (char*)allocate(bytes);
                input_bytes(line, data, bytes);
                entry.data = data;
            }
        }
        for (size_t k = 0; k < given.count; k++)
            if (strcmp(line, "probe") && !strcmp(given[k].key, line)) refuse(line, "it is given twice");
        given.push_back(entry);
    }
}

ONCE static const Given* find(const char* key) {
    for (size_t k = 0; k < given.count; k++)
        if (!strcmp(given[k].key, key)) {
            given[k].used = true;
            return &given[k];
        }
    return nullptr;
}

ONCE static int64_t find_number(const char* key, int64_t otherwise, int64_t low, int64_t high) {
    const Given* entry = find(key);
    if (!entry) return otherwise;
    if (!entry->text) refuse(key, "it is an array where an integer is needed");
    return whole_number(key, entry->text, low, high);
}

ONCE static const void* find_array(const char* key, const char* dtype, int64_t* count) {
    const Given* entry = find(key);
    *count = 0;
    if (!entry) return nullptr;
    if (entry->text) refuse(key, "it is '%s' where an array of %s is needed", entry->text, dtype);
    if (strcmp(entry->dtype, dtype)) refuse(key, "it is an array of %s where %s is needed", entry->dtype, dtype);
    *count = entry->count;
    return entry->data;
}

ONCE static double load(const char* dtype, const char* data, size_t k) {
    if (!strcmp(dtype, "f8")) return ((const double*)data)[k];
    if (!strcmp(dtype, "f4")) return (double)((const float*)data)[k];
    if (!strcmp(dtype, "i8")) return (double)((const int64_t*)data)[k];
    if (!strcmp(dtype, "i4")) return (double)((const int32_t*)data)[k];
    return (double)((const unsigned char*)data)[k];
}

ONCE static void store(const char* dtype, void* data, size_t k, double value) {
    if (!strcmp(dtype, "f8")) ((double*)data)[k] = value;
    else if (!strcmp(dtype, "f4")) ((float*)data)[k] = (float)value;
    else if (!strcmp(dtype, "i8")) ((int64_t*)data)[k] = (int64_t)value;
    else if (!strcmp(dtype, "i4")) ((int32_t*)data)[k] = (int32_t)value;
    else ((char*)data)[k] = value != 0;
}

ONCE static void apply(const Variable& variable) {
    if (!variable.value) return;
    const Given& entry = *variable.value;
    const size_t count = *variable.count;
    if (entry.text) {
        char* end;
        const double value = strtod(entry.text, &end);
        if (end == entry.text || *end) refuse(entry.key, "'%s' is not a number", entry.text);
        if (*variable.dtype != 'f' && value != (double)(int64_t)value)
            refuse(entry.key, "'%s' is not an integer", entry.text);
        for (size_t k = 0; k < count; k++) store(variable.dtype, *variable.items, k, value);
        return;
    }
    if ((size_t)entry.count != count)
        refuse(entry.key, "the array has %lld entries, %zu are needed", (long long)entry.count, count);
    if (!strcmp(entry.dtype, variable.dtype))
        memcpy(*variable.items, entry.data, count * item_bytes(entry.dtype));
    else
        for (size_t k = 0; k < count; k++) store(variable.dtype, *variable.items, k, load(entry.dtype, entry.data, k));
}
