{# Loops over a whole group; over all-to-all synapses both indices come from the loops. #}
{% macro over_all(owner, count, body, independent, dense_head, dense, dense_independent) %}
{% if dense and get_device().layout(owner) == 'dense' %}
    const int _rows = {{ get_device().ends(owner)[0] }}, _columns = {{ get_device().ends(owner)[1] }};
    for (int _pre = 0; _pre < _rows; _pre++) {
        {{ dense_head|autoindent }}
        {{ 'INDEPENDENT' if dense_independent }}
        for (int _post = 0; _post < _columns; _post++) {
            const int _idx = _pre * _columns + _post;
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
