// Memory: arrays aligned to cache lines, and the exits of the program.
enum Exit { EXIT_DONE = 0, EXIT_ARGUMENT = 3, EXIT_MEMORY = 4, EXIT_PIPE = 5 };
#define COLD __attribute__((cold, noinline))  // runs rarely; a branch that calls it counts as unlikely
#define ONCE __attribute__((noinline))        // runs at the start or end; does not mark its caller as cold

#ifdef __clang__  // before a loop: no iteration accesses what another one writes
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

[[noreturn]] COLD static void refuse(const char* key, const char* format, ...) {
    va_list values;
    va_start(values, format);
    fprintf(stderr, "%s: ", key);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
    _exit(EXIT_ARGUMENT);
}

ONCE static void* allocate(size_t bytes) {
    if (bytes > (size_t)1 << 46) throw std::bad_alloc();
    void* memory = aligned_alloc(64, (bytes + 127) / 64 * 64);
    if (!memory) throw std::bad_alloc();
    return memory;
}

template <class T> static T* zeros(size_t count) {
    if (count > ((size_t)1 << 46) / sizeof(T)) throw std::bad_alloc();
    return (T*)memset(allocate(count * sizeof(T)), 0, count * sizeof(T));
}

template <class T, class V> static void fill(T* items, size_t count, V value) {
    for (size_t k = 0; k < count; k++) items[k] = (T)value;
}

template <class T> struct Vector {
    T* items = nullptr;
    size_t count = 0, room = 0;
    ONCE void reserve(size_t wanted) {
        if (wanted <= room) return;
        const size_t more = wanted > room + room / 2 ? wanted : room + room / 2;
        T* moved = (T*)allocate(more * sizeof(T));
        if (count) memcpy((void*)moved, items, count * sizeof(T));
        free(items);
        items = moved;
        room = more;
    }
    void resize(size_t wanted) {
        reserve(wanted);
        if (wanted > count) memset((void*)(items + count), 0, (wanted - count) * sizeof(T));
        count = wanted;
    }
    void push_back(T item) {
        if (count == room) reserve(count + 64);
        items[count++] = item;
    }
    T& operator[](size_t k) { return items[k]; }
};

static double seconds_now() {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool is_finite(double value) {  // checks the bits: also correct where the compiler assumes finite numbers
    uint64_t bits;
    memcpy(&bits, &value, 8);
    return (bits & 0x7ff0000000000000ull) != 0x7ff0000000000000ull;
}

static void send(const void* data, size_t bytes) {
    for (const char* at = (const char*)data; bytes;) {
        const ssize_t sent = write(1, at, bytes);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) _exit(EXIT_PIPE);
        at += sent;
        bytes -= (size_t)sent;
    }
}
