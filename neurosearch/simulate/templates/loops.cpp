{# Loops over a whole group; over all-to-all synapses both indices come from the loops. #}
{% macro over_all(owner, count, body, independent, dense_head, dense, dense_independent) %}
{% if dense and get_device().layout(owner) in ('dense', 'dense_post') %}
{% set rows, columns = get_device().ends(owner) %}
{% set outer, inner = (rows, columns) if get_device().layout(owner) == 'dense' else (columns, rows) %}
    const int _outers = {{ outer }}, _inners = {{ inner }};
    for (int _outer = 0; _outer < _outers; _outer++) {
        {{ dense_head|autoindent }}
        {{ 'INDEPENDENT' if dense_independent }}
        for (int _inner = 0; _inner < _inners; _inner++) {
            const int _idx = _outer * _inners + _inner;
            {{ dense|autoindent }}
        }
    }
{% else %}
    const int _count = {{ count }};
    {{ 'INDEPENDENT' if independent }}
    for (int _idx = 0; _idx < _count; _idx++) {
        {{ body|autoindent }}
    }
{% endif %}
{% endmacro %}
