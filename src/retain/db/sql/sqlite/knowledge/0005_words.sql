-- The words of facts stand in the index of the store.

DROP TABLE fact_index;
DROP TABLE unindexed;
