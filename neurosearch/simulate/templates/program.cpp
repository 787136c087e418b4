// One simulation as one program; made by neurosearch with Brian2's code generation.
#include <cerrno>
#include <climits>
#include <cmath>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

{% include 'memory.cpp' %}
{% include 'lanes.cpp' %}
{% include 'spikes.cpp' %}
{% include 'arguments.cpp' %}
{% include 'tables.cpp' %}
{% if listed %}
{% include 'pairs.cpp' %}
{% endif %}
{% include 'stream.cpp' %}
{% include 'walk.cpp' %}

// ---- what texts may call
template <class T> static inline int int_(T value) { return (int)value; }
{{ universal }}
{% for table in tables %}
static Table<{{ table.ctype }}> table_{{ table.name }};
{% if table.columns %}
static inline double table_{{ table.name }}_at(double, int32_t i) { return table_{{ table.name }}.at(i); }
{% else %}
static inline double table_{{ table.name }}_at(double) { return table_{{ table.name }}.value; }
{% endif %}
{% endfor %}
{% for name, size in listed %}
static Pairs pairs_{{ name }};
static inline int64_t pairs_{{ name }}_count(int64_t i) { return pairs_{{ name }}.count(i); }
static inline int64_t pairs_{{ name }}_at(int64_t i, int64_t m) { return pairs_{{ name }}.at(i, m); }
{% endfor %}
{% for text in support %}
{{ text }}
{% endfor %}

// ---- sizes and arrays
{% for group in groups %}
static {{ '' if group.free else 'const ' }}int32_t size_{{ group.name }} = {{ group.n }};
{% endfor %}
{% for row in arrays %}
static {{ row.ctype }}* {{ row.name }};
static size_t count_{{ row.name }};
{% endfor %}
{% for row in vectors %}
static Vector<{{ row.ctype }}> {{ row.name }};
{% endfor %}
static Variable variables[] = {
{% for row in variables %}
    { "{{ row.public }}", "{{ row.dtype }}", {% if row.growing %}(void**)&{{ row.name }}.items, &{{ row.name }}.count{% else %}(void**)&{{ row.name }}, &count_{{ row.name }}{% endif %}, {{ 'true' if row.writable else 'false' }}, nullptr },
{% endfor %}
};
static const size_t variable_count = sizeof variables / sizeof *variables;
{% for synapses, paths in synapses %}
{% for path in paths %}
static Walk {{ path.name }}_walk;
static int64_t {{ path.name }}_delivered = 0;
{% endfor %}
{% endfor %}
{% for name, end in summed %}
static Walk {{ name }}_of_{{ end }};
{% endfor %}
{% for pathway in pathways if pathway.graded %}
static int64_t {{ pathway.counter }} = 0;
{% endfor %}

static int64_t steady_until = 0;  // until this step nothing changes what the input is shown

static inline void show_time(int64_t n) {
    const double t = (double)n * {{ name_of(schedule.base.variables['dt']) }}[0];
{% for clock in clocks %}
    {{ name_of(clock.variables['timestep']) }}[0] = n;
    {{ name_of(clock.variables['t']) }}[0] = t;
{% endfor %}
}

// ---- code objects
{% for code in code_objects %}
{{ code }}
{% endfor %}

// ---- set-up
ONCE static void read_sizes_and_values() {
{% for group in groups if group.free %}
    size_{{ group.name }} = (int32_t)find_number("size.{{ group.name }}", {{ group.n }}, 1, INT32_MAX - 1);
{% endfor %}
{% for table in tables %}
    find_table(table_{{ table.name }}, "{{ table.name }}", "{{ table.dtype }}", {{ 'true' if table.columns else 'false' }});
{% if table.rows == 'frame' %}
    show_first_frame(table_{{ table.name }}, "{{ table.name }}");
{% endif %}
{% endfor %}
{% for name, size in listed %}
    find_pairs(pairs_{{ name }}, "{{ name }}", {{ size }});
{% endfor %}
    for (size_t k = 0; k < variable_count; k++) {
        variables[k].value = find(variables[k].name);
        if (variables[k].value && !variables[k].writable) refuse(variables[k].name, "it cannot be set");
    }
    for (size_t k = 0; k < given.count; k++)
        if (!given[k].used && strcmp(given[k].key, "probe")) refuse(given[k].key, "the program has nothing of this name");
{% for condition, key, sentence in checks %}
    if (!({{ condition }})) refuse("{{ key }}", "{{ sentence }}");
{% endfor %}
}

ONCE static void set_up() {
{% for row in arrays %}
    {{ row.name }} = zeros<{{ row.ctype }}>(count_{{ row.name }} = (size_t){{ row.size }});
{% if row.start is not none %}
    for (size_t k = 0; k < count_{{ row.name }}; k++) {{ row.name }}[k] = ({{ row.ctype }})(k + {{ row.start }});
{% endif %}
{% endfor %}
{% for row in vectors if row.size != '0' %}
    {{ row.name }}.resize({{ row.size }});
{% endfor %}
{% for row in variables if row.writable and not row.growing %}
    apply(variables[{{ variables.index(row) }}]);
{% endfor %}
    {{ setup|autoindent }}
{% for synapses, paths in synapses %}
{% set pre = name_of(synapses.variables['_synaptic_pre'], False) %}
{% set post = name_of(synapses.variables['_synaptic_post'], False) %}
{% set layout = layout_of(synapses) %}
{% if layout == 'dense' %}
    if (!all_to_all({{ pre }}, {{ post }}, size_{{ synapses.source.name }}, size_{{ synapses.target.name }}))
        refuse("{{ synapses.name }}", "its synapses are not all to all");
{% elif layout == 'dense_post' %}
    if (!all_to_all({{ post }}, {{ pre }}, size_{{ synapses.target.name }}, size_{{ synapses.source.name }}))
        refuse("{{ synapses.name }}", "its synapses are not all to all");
{% endif %}
{% if (synapses.name, 'pre') in summed %}
    {{ synapses.name }}_of_pre.build("{{ synapses.name }}", {{ pre }}, {{ post }}, size_{{ synapses.source.name }}, {{ 'true' if layout in ('pre', 'dense') else 'false' }});
{% endif %}
{% if (synapses.name, 'post') in summed and layout in ('post', 'dense_post') %}
    {{ synapses.name }}_of_post.build("{{ synapses.name }}", {{ post }}, {{ pre }}, size_{{ synapses.target.name }}, true);
{% endif %}
{% for path in paths if layout not in ('dense', 'dense_post') %}
{% if path.prepost == 'pre' %}
    {{ path.name }}_walk.build("{{ synapses.name }}", {{ pre }}, {{ post }}, size_{{ synapses.source.name }}, {{ 'true' if layout == 'pre' else 'false' }});
{% else %}
    {{ path.name }}_walk.build("{{ synapses.name }}", {{ post }}, {{ pre }}, size_{{ synapses.target.name }}, {{ 'true' if layout == 'post' else 'false' }});
{% endif %}
{% endfor %}
{% endfor %}
}

{% include 'run.cpp' %}
{% include 'results.cpp' %}

static void pipe_watch(int) {
    struct pollfd input = { 0, 0, 0 };
    if (poll(&input, 1, 0) > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL))) _exit(EXIT_PIPE);
}

static void stop_asked(int) { stop_requested = 1; }

ONCE static void on_signal(int signal, void (*handler)(int)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigaction(signal, &action, nullptr);
}

int main() {
    try {
        signal(SIGPIPE, SIG_IGN);
        read_arguments();
        const double started = seconds_now();
        find("memory");
        report_every = find_number("report", 0, 0, INT64_MAX);
        read_raster();
        read_stream();
        read_sizes_and_values();
        read_probes();
        on_signal(SIGTERM, stop_asked);
        on_signal(SIGINT, stop_asked);
        on_signal(SIGALRM, pipe_watch);
        const struct itimerval often = { {0, 50000}, {0, 50000} };
        setitimer(ITIMER_REAL, &often, nullptr);
        set_up();
        const double running = seconds_now();
        run();
        send_results(running - started, seconds_now() - running);
        return EXIT_DONE;
    } catch (const std::bad_alloc&) {
        const char sentence[] = "memory: the simulation needs more than it may have\n";
        (void)!write(2, sentence, sizeof sentence - 1);
        _exit(EXIT_MEMORY);
    }
}
