// ---- the run: events, steps, and recording
static volatile sig_atomic_t stop_requested = 0;
static int64_t report_every = 0, raster_first = 0, raster_last = -1;
static int64_t done = 0, scored = 0, correct = 0, steps = 0;
static bool all_finite = true;
static const int population_count = {{ populations|length }}, pathway_count = {{ pathways|length }};
static int64_t spike_totals[population_count + 1];
static Vector<double> readouts;
static Vector<int32_t> spike_rows, raster;
static Vector<int64_t> event_rows;

COLD static void write_raster(int64_t n, int32_t population, const int32_t* fired, int32_t count) {
    for (int32_t k = 0; k < count; k++) {
        raster.push_back((int32_t)n);
        raster.push_back(population);
        raster.push_back(fired[k]);
    }
}

static inline void step(int64_t n, bool drawn) {
    show_time(n);
{% for name in schedule.step %}
    {{ name }}::run({{ 'n' if name in schedule.ahead }});
{% endfor %}
{% for group in populations %}
{% set fired = name_of(group.variables['_spikespace']) %}
    spike_totals[{{ loop.index0 }}] += {{ fired }}[size_{{ group.name }}];
    if (drawn) write_raster(n, {{ loop.index0 }}, {{ fired }}, {{ fired }}[size_{{ group.name }}]);
{% endfor %}
    (void)n, (void)drawn;
}

static void decision_event(int64_t k) {
{% for name in schedule.events['decision'] %}
    {{ name }}::run();
{% endfor %}
{% if readout %}
    const size_t width = count_{{ readout.name }};
    const auto* values = {{ readout.name }};
    size_t best = 0;
    for (size_t j = 0; j < width; j++) {
        const double value = (double)values[j];
        all_finite = all_finite && is_finite(value);
        if (value > (double)values[best]) best = j;
        readouts.push_back(value);
    }
    if (!all_finite) return;
    (void)k;
    if (labels[k] >= 0) {
        scored++;
        correct += (int64_t)best == labels[k];
    }
{% endif %}
}

static void end_event() {
{% for name in schedule.events['end'] %}
    {{ name }}::run();
{% endfor %}
    for (int p = 0; p < population_count; p++) spike_rows.push_back((int32_t)spike_totals[p]);
    memset(spike_totals, 0, sizeof spike_totals);
{% for pathway in pathways %}
    event_rows.push_back({{ pathway.counter }});
{% endfor %}
{% for pathway in pathways %}
    {{ pathway.counter }} = 0;
{% endfor %}
    done++;
    if (report_every && done % report_every == 0) {
        char line[100];
        const int length = snprintf(line, sizeof line, "p %lld %lld %lld\n", (long long)done, (long long)scored, (long long)correct);
        send(line, (size_t)length);
    }
}

static void begin_event(int64_t k) {
    const int64_t row = k < samples ? k : samples - 1;
{% for table in tables if table.rows == 'sample' %}
    table_{{ table.name }}.show(row);
{% endfor %}
    (void)row;
{% for name in schedule.events['begin'] %}
    {{ name }}::run();
{% endfor %}
}

static void frame_event(int64_t f) {
    const int64_t row = frame_order ? frame_order[f] : f;
{% for table in tables if table.rows == 'frame' %}
    table_{{ table.name }}.show(row);
{% endfor %}
    (void)row;
{% for name in schedule.events['frame'] %}
    {{ name }}::run();
{% endfor %}
{% for pathway in pathways if pathway.graded %}
    for (int32_t i = 0; i < {{ pathway.size }}; i++)
        if ({{ pathway.graded }}[i] != 0) {{ pathway.counter }} += {{ pathway.outgoing }}.items[i];
{% endfor %}
}

__attribute__((hot, noinline)) static void run() {
    const int64_t last = boundaries[samples];
    int64_t n = 0, decision = 0, boundary = 0, frame = 0;
    while (n <= last && !stop_requested) {
        show_time(n);
        if (decision < samples && decisions[decision] == n) decision_event(decision), decision++;
        if (!all_finite) break;
        if (boundaries[boundary] == n) {
            if (boundary) end_event();
            begin_event(boundary);
            boundary++;
        }
        if (frame < frame_count && frames[frame] == n) frame_event(frame), frame++;
        steady_until = last + 1;
        if (boundary <= samples && boundaries[boundary] < steady_until) steady_until = boundaries[boundary];
        if (frame < frame_count && frames[frame] < steady_until) steady_until = frames[frame];
        int64_t next = steady_until;
        if (decision < samples && decisions[decision] < next) next = decisions[decision];
        const int64_t sample = boundary - 1;
        const bool drawn = sample >= raster_first && sample <= raster_last && sample < samples;
        for (; n < next && !stop_requested; n++) step(n, drawn);
    }
    steps = n;
}
