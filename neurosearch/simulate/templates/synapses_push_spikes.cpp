{# No queue: pathways without delay are walked from the list of spikes. #}
