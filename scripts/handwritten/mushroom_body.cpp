// The yardstick of scripts/bench_engine.py: the reference trial written by hand, in float64.
//
// The same model as architectures/mushroom_body.py with the poisson encoder, Tsodyks-Markram short-term plasticity, lif
// Kenyon cells under graded inhibition and the rule modulated_stdp; the same draws ("draws.h" is neurosearch.random.CPP),
// the same counts of spikes, deliveries and writes, the order of docs/step.md. With -ffp-contract=off and without
// -ffast-math its spikes, decisions and weights are those of the generated program bit for bit.
//
// Arguments: name=number for every name asked of number() below. Standard input, native byte order: int32 rows, samples;
// float32 drive[rows][IN]; int32 order[samples], labels[samples]. Standard output: a line of JSON, then float64
// readout[samples][OUT], int64 counts[samples][6] (spikes of input, kenyon and output, deliveries of the three
// projections), float64 weights[OUT][kenyon], int32 writes[OUT][kenyon].
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "draws.h"

using std::vector;

constexpr int IN = 64, OUT = 10;  // pixels and classes of the digits

static int argument_count;
static char** arguments;

static double number(const std::string& name) {
    for (int k = 1; k < argument_count; k++)
        if (!std::strncmp(arguments[k], (name + "=").c_str(), name.size() + 1)) return std::atof(arguments[k] + name.size() + 1);
    std::fprintf(stderr, "%s is not given\n", name.c_str());
    std::exit(3);
}

template <class T> static vector<T> read(size_t count) {
    vector<T> items(count);
    if (std::fread(items.data(), sizeof(T), count, stdin) != count) {
        std::fprintf(stderr, "the data end too early\n");
        std::exit(3);
    }
    return items;
}

template <class T> static void write(const vector<T>& items) { std::fwrite(items.data(), sizeof(T), items.size(), stdout); }

static double seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Fixed projection from the input, sorted by presynaptic neuron.
struct Sparse {
    int first[IN + 1] = {};
    vector<int> target;
    vector<double> weight;
};

// `fan_in` distinct inputs for every cell by Floyd's algorithm, from the same draws as neurosearch.parts.wiring.fan_in.
static Sparse wire(int64_t seed, int kenyon, int fan_in, double mean, double spread, double negative) {
    const auto wiring = (int64_t)number("stream.wiring"), size = (int64_t)number("stream.size"), sign = (int64_t)number("stream.sign");
    vector<vector<int>> targets(IN);
    for (int j = 0; j < kenyon; j++) {
        vector<int> chosen;
        for (int q = IN - fan_in; q < IN; q++) {
            const int r = (int)std::floor(draw(seed, wiring, 0, j, q - IN + fan_in) * (q + 1));
            chosen.push_back(std::find(chosen.begin(), chosen.end(), r) == chosen.end() ? r : q);
        }
        for (int i : chosen) targets[i].push_back(j);
    }
    Sparse out;
    for (int i = 0; i < IN; i++) {
        for (int j : targets[i]) {
            out.target.push_back(j);
            const double w = mean + spread * (2 * draw(seed, size, 0, i, j) - 1);
            out.weight.push_back(draw(seed, sign, 0, i, j) < negative ? -w : w);
        }
        out.first[i + 1] = (int)out.target.size();
    }
    return out;
}

// Indices of the true entries, eight at a time.
static inline int scan(const unsigned char* mask, int count, int* out) {
    int found = 0;
    for (int k = 0; k < count; k += 8) {
        uint64_t eight;
        std::memcpy(&eight, mask + k, 8);
        for (; eight; eight &= eight - 1) out[found++] = k + (__builtin_ctzll(eight) >> 3);
    }
    return found;
}

int main(int count, char** values) {
    argument_count = count, arguments = values;
    const int64_t seed = (int64_t)number("seed"), stream = (int64_t)number("stream.input");
    const int kenyon = (int)number("kenyon"), steps = (int)number("steps");
    const double dt = number("dt"), max_rate = number("max_rate");
    const double U = number("U"), keep_u = std::exp(-dt / number("tau_facilitation")), keep_x = std::exp(-dt / number("tau_depression"));
    const double tau_mem = number("tau_mem"), keep_v = std::exp(-dt / tau_mem), threshold = number("v_threshold");
    const double leak = number("v_leak"), reset = number("v_reset"), inhibition = number("inhibition");
    const double keep_inhibitor = std::exp(-dt / number("tau_inhibition")), unit = number("inhibitor_weight");
    const double rate = number("homeostasis_rate"), sparsity = number("sparsity"), floor_theta = number("homeostasis_floor");
    const double keep_out = std::exp(-dt / number("output_tau_mem")), out_threshold = number("output_v_threshold");
    const double keep_pre = std::exp(-dt / number("tau_plus")), keep_post = std::exp(-dt / number("tau_minus"));
    const double tau_e = number("tau_eligibility"), presynaptic = number("presynaptic"), potentiation = number("potentiation");
    const double depression = number("depression"), eta = number("eta"), amplitude = number("amplitude");
    const double dead_zone = number("dead_zone"), normalise = number("normalise"), low = number("w_min"), high = number("w_max");
    const auto sizes = read<int>(2);
    const int samples = sizes[1];
    const auto drive = read<float>((size_t)sizes[0] * IN);
    const auto order = read<int>(samples), labels = read<int>(samples);

    const double began = seconds();
    const Sparse in = wire(seed, kenyon, (int)number("fan_in"), number("mean"), number("spread"), number("negative"));
    const int padded = (kenyon + 7) / 8 * 8;
    vector<double> u(IN, 0.0), x(IN, 1.0);
    vector<int32_t> chance(IN);  // in lots
    vector<double> v(kenyon, leak), trace(kenyon, 0.0), theta(kenyon, 0.0), spikes(kenyon, 0.0);
    vector<double> w(OUT * kenyon, 0.0), e(OUT * kenyon, 0.0);  // by output, so that loops over all cells are contiguous
    vector<int> writes(OUT * kenyon, 0), fired_in(IN), fired(padded);
    vector<unsigned char> mask(padded, 0);
    const auto w_size = (int64_t)number("stream.w_size"), w_sign = (int64_t)number("stream.w_sign");
    const double w_mean = number("w_mean"), w_spread = number("w_spread"), w_negative = number("w_negative");
    for (int i = 0; i < kenyon; i++)
        for (int j = 0; j < OUT; j++) {
            const double size = w_mean + w_spread * (2 * draw(seed, w_size, 0, i, j) - 1);
            w[j * kenyon + i] = draw(seed, w_sign, 0, i, j) < w_negative ? -size : size;
        }
    double out_v[OUT] = {}, out_trace[OUT] = {}, received[OUT] = {}, m[OUT] = {}, out_spikes[OUT] = {};
    double inhibitor = 0;
    unsigned char in_mask[IN];
    vector<double> readout;
    vector<int64_t> counts;
    readout.reserve((size_t)samples * OUT);
    counts.reserve((size_t)samples * 6);
    int correct = 0;
    int64_t n = 0, totals[6] = {};

    uint32_t mixed[IN];
    for (int i = 0; i < IN; i++) mixed[i] = _mixed((uint32_t)i);

    const auto step = [&](int elapsed) {
        const uint32_t key = _key(seed, stream, n);
        const double grow = std::exp((elapsed + 1) * dt / tau_e);
        inhibitor *= keep_inhibitor;
        for (int i = 0; i < IN; i++) {
            u[i] *= keep_u;
            x[i] = 1 + (x[i] - 1) * keep_x;
            in_mask[i] = (int32_t)_lot(key, mixed[i]) < chance[i];
        }
        const int n_in = scan(in_mask, IN, fired_in.data());
        int fired_out[OUT], n_out = 0;
        for (int j = 0; j < OUT; j++) {
            out_trace[j] *= keep_post;
            out_v[j] = leak + (out_v[j] - leak) * keep_out;
        }
        for (int j = 0; j < OUT; j++)
            if (out_v[j] > out_threshold) fired_out[n_out++] = j;
        const double rest = -((-tau_mem) * (inhibitor * inhibition / tau_mem + leak / tau_mem));
        for (int k = 0; k < kenyon; k++) {
            trace[k] *= keep_pre;
            v[k] = rest + (v[k] - rest) * keep_v;
            mask[k] = v[k] > threshold + theta[k];
        }
        const int n_kenyon = scan(mask.data(), kenyon, fired.data());

        for (int q = 0; q < n_in; q++) {
            const int i = fired_in[q];
            const double release = (u[i] + U * (1 - u[i])) * x[i];
            const int last = in.first[i + 1];
            for (int s = in.first[i]; s < last; s++) v[in.target[s]] += in.weight[s] * release;
            totals[3] += last - in.first[i];
            u[i] += U * (1 - u[i]);
            x[i] -= u[i] * x[i];
        }
        double before[OUT];  // what a presynaptic spike adds to the eligibility
        for (int j = 0; j < OUT; j++) before[j] = (presynaptic - depression * out_trace[j]) * grow;
        for (int q = 0; q < n_kenyon; q++) {
            inhibitor += unit;
            for (int j = 0; j < OUT; j++) {
                const int s = j * kenyon + fired[q];
                out_v[j] += w[s];
                received[j] += w[s];
                e[s] += before[j];
            }
        }
        for (int q = 0; q < n_out; q++) {
            const int j = fired_out[q];
            for (int k = 0; k < kenyon; k++) e[j * kenyon + k] += potentiation * trace[k] * grow;
            out_v[j] = reset;
            out_trace[j] += 1;
            out_spikes[j] += 1;
        }
        for (int q = 0; q < n_kenyon; q++) {
            v[fired[q]] = reset;
            trace[fired[q]] += 1;
            spikes[fired[q]] += 1;
        }
        totals[0] += n_in, totals[1] += n_kenyon, totals[2] += n_out;
        totals[4] += n_kenyon, totals[5] += n_kenyon * OUT;
    };

    const double running = seconds();
    for (int s = 0; s < samples; s++) {
        for (int i = 0; i < IN; i++) chance[i] = draw_odds(max_rate * drive[(size_t)order[s] * IN + i] * dt);
        for (int t = 0; t < steps; t++, n++) step(t);
        // decision, then the modulator with the label
        int best = 0;
        for (int j = 0; j < OUT; j++) {
            readout.push_back(out_spikes[j] + 0.001 * received[j]);
            if (readout[(size_t)s * OUT + j] > readout[(size_t)s * OUT + best]) best = j;
        }
        correct += best == labels[s];
        double power = 0;
        for (int k = 0; k < kenyon; k++) power += spikes[k] * spikes[k];
        for (int j = 0; j < OUT; j++) {
            const double error = amplitude * (labels[s] == j) - out_spikes[j];
            m[j] = eta * error * (std::fabs(error) > dead_zone) / ((1 - normalise) + normalise * std::min(std::max(power, 1.0), 1e12));
        }
        // end of the sample: weights learn, counts are kept, everything returns to rest
        const double grow = std::exp(steps * dt / tau_e);
        for (int j = 0; j < OUT; j++)
            for (int k = 0; k < kenyon; k++) {
                const int q = j * kenyon + k;
                const double fresh = std::min(std::max(w[q] + m[j] * (e[q] / grow), low), high);
                writes[q] += fresh != w[q];
                w[q] = fresh;
                e[q] = 0;
            }
        counts.insert(counts.end(), totals, totals + 6);
        std::fill(totals, totals + 6, 0);
        const double lead = 0;  // the reference trial has no lead-in
        for (int k = 0; k < kenyon; k++) {
            v[k] = leak;
            theta[k] = std::min(std::max(theta[k] + lead * rate * ((spikes[k] > 0) - sparsity), floor_theta), 1000.0);
            spikes[k] = 0;
        }
        inhibitor = 0;
        for (int j = 0; j < OUT; j++) out_v[j] = leak, received[j] = 0, out_spikes[j] = 0;
    }
    const double run_seconds = seconds() - running;
    std::printf("{\"accuracy\":%.17g,\"run_seconds\":%.6f,\"setup_seconds\":%.6f}\n", (double)correct / samples, run_seconds, running - began);
    write(readout), write(counts), write(w), write(writes);
}
