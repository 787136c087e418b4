{# USES_VARIABLES { _synaptic_pre, _synaptic_post, N_incoming, N_outgoing, N, N_pre, N_post, _source_offset,
                    _target_offset } #}
{# WRITES_TO_READ_ONLY_VARIABLES { _synaptic_pre, _synaptic_post, N_incoming, N_outgoing, N } #}
{% extends 'code_object.cpp' %}
{% block main %}
    const int64_t _size_of_i = {{ constant_or_scalar('N_pre', variables['N_pre']) }};
    const int64_t _size_of_j = {{ constant_or_scalar('N_post', variables['N_post']) }};
    {{ _dynamic_N_outgoing }}.resize(_size_of_i);
    {{ _dynamic_N_incoming }}.resize(_size_of_j);
    int32_t _raw_pre_idx = 0, _raw_post_idx = 0, _i = 0, _j = 0, {{ inner_variable }} = 0, _idx = 0;
    {{ scalar_lines|autoindent }}
    const auto _range = [&](int64_t& low, int64_t& high, int64_t& step) {
        {{ vector_code['setup_iterator']|autoindent }}
        low = _iter_low; high = _iter_high; step = _iter_step;
    };
    const auto _partner = [&]() -> int64_t {
        {{ vector_code['generator_expr']|autoindent }}
        return _{{ result_index }};
    };
{% if if_expression != 'True' %}
    const auto _wanted = [&]() -> bool {
        {{ vector_code['create_cond']|autoindent }}
        return _cond;
    };
{% endif %}
    const auto _copies = [&]() -> int64_t {
        {{ vector_code['update']|autoindent }}
        return _n;
    };
    for (int64_t _own = 0; _own < _size_of_{{ outer_index }}; _own++) {
        _{{ outer_index }} = _raw{{ outer_index_array }} = (int32_t)_own;
{% if if_expression != 'True' and not result_index_condition %}
        if (!_wanted()) continue;
{% endif %}
        int64_t _low, _high, _step;
        _range(_low, _high, _step);
        for (int64_t _turn = _low; _turn < _high; _turn += _step) {
            {{ inner_variable }} = (int32_t)_turn;
            const int64_t _found = _partner();
            if (_found < 0 || _found >= _size_of_{{ result_index }}) {
{% if skip_if_invalid %}
                continue;
{% else %}
                refuse("{{ owner.name }}", "a synapse to {{ result_index }} = %lld is outside 0 to %lld",
                       (long long)_found, (long long)_size_of_{{ result_index }} - 1);
{% endif %}
            }
            _{{ result_index }} = _raw{{ result_index_array }} = (int32_t)_found;
{% if if_expression != 'True' and result_index_condition %}
            if (!_wanted()) continue;
{% endif %}
            for (int64_t _left = _copies(); _left > 0; _left--) {
                {{ _dynamic_N_outgoing }}[_raw_pre_idx] += 1;
                {{ _dynamic_N_incoming }}[_raw_post_idx] += 1;
                {{ _dynamic__synaptic_pre }}.push_back(_raw_pre_idx);
                {{ _dynamic__synaptic_post }}.push_back(_raw_post_idx);
            }
        }
        if ({{ _dynamic__synaptic_pre }}.count > INT32_MAX) refuse("{{ owner.name }}", "more than 2147483647 synapses");
    }
    const size_t _made = {{ _dynamic__synaptic_pre }}.count;
{% for array in owner._registered_variables | variables_to_array_names(access_data=False) | sort %}
    {{ array }}.resize(_made);
{% endfor %}
    {{ N }} = (int32_t)_made;
{% endblock %}
